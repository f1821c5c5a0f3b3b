import type { Exchange } from './core/exchange.js';
import { isObject, textAt } from './core/json.js';
import type { Frame } from './core/player.js';
import { HOSTED, type HostedProvider } from './hosted/hosted-provider.js';
import { answerEmbeddings } from './llama/embeddings.js';
import { answerImages } from './llama/images.js';
import { bodyOf, serveText, TEXT_ROUTES } from './llama/llama-server.js';
import { LLAMA_CHOICES, LLAMA_SETTINGS, type LlamaSettings } from './llama/llama-settings.js';
import { findModel } from './llama/models.js';
import { answerNative } from './llama/native-routes.js';
import { prepare, type Prepared } from './llama/prepare.js';
import { startStandIn, type ListenOptions, type StandIn } from './stand-in.js';

const FOLDER = /^\/([a-z_]+)(\/.*)$/;

/** Hosted providers, each in a folder of its own, with its own paths, its own place for the key and its own errors. */
function handle(exchange: Exchange<LlamaSettings>): void {
  const [, name = '', rest = ''] = FOLDER.exec(exchange.path) ?? [];
  const provider = HOSTED[name];
  if (provider === undefined) {
    exchange.sendText(404, 'no such provider\n');
    return;
  }
  const refuse = (status: number, message: string): void =>
    exchange.sendJson(status, provider.error(status, message));
  if (!provider.hasKey(exchange)) {
    refuse(401, 'Incorrect API key provided.');
    return;
  }
  const { route, model } = placeIn(provider, rest);
  const body = isObject(exchange.json) ? exchange.json : {};
  const unwanted = provider.refuses?.find((field) => field in body);
  if (route === null || !provider.routes.test(route)) refuse(404, 'Unknown request URL.');
  else if (unwanted !== undefined) refuse(422, `Extra inputs are not permitted: ${unwanted}`);
  else answer(exchange, { provider, route, model: model ?? textAt(body, 'model') ?? '' });
}

function placeIn(
  provider: HostedProvider,
  path: string,
): { route: string | null; model: string | undefined } {
  const pattern = `^${provider.base.replace('{model}', '([^/]+)')}(/.+)$`;
  const match = new RegExp(pattern).exec(path);
  const groups = match?.slice(1) ?? [];
  return { route: groups.at(-1) ?? null, model: groups.length === 2 ? groups[0] : undefined };
}

function answer(
  exchange: Exchange<LlamaSettings>,
  { provider, route, model }: { provider: HostedProvider; route: string; model: string },
): void {
  exchange.entry.model = model;
  const found = findModel(model, { ...exchange.settings, extraModels: [model] });
  if (found === undefined) return;
  const kind = TEXT_ROUTES[`/v1${route}`];
  const body = bodyOf(exchange);
  if (body === undefined) return;
  if (kind !== undefined) {
    exchange.settings.extraModels = [...new Set([...exchange.settings.extraModels, model])];
    const asked = provider.refuses?.includes('stream_options')
      ? { stream_options: { include_usage: true } }
      : {};
    const prepared = prepare(exchange, kind, { ...body, ...asked, model });
    if (prepared !== undefined) serveText(exchange, withOddities(prepared, provider));
  } else if (route === '/embeddings') answerEmbeddings(exchange, { ...found, kind: 'any' }, model);
  else if (route === '/moderations') moderate(exchange, model);
  else if (route.startsWith('/images/')) answerImages(exchange);
  else answerNative(exchange, found, `/v1${route}`);
}

function withOddities(prepared: Prepared, { frame }: HostedProvider): Prepared {
  const { rendering } = prepared;
  if (frame === undefined) return prepared;
  const frames: Prepared['rendering']['frames'] = (id, created) =>
    spoken(rendering.frames(id, created), frame);
  return {
    ...prepared,
    rendering: { ...rendering, frames, whole: (id, created) => rendering.whole(id, created) },
  };
}

function* spoken(
  frames: Iterator<Frame, undefined>,
  change: (data: string) => string,
): Generator<Frame, undefined> {
  for (let next = frames.next(); next.done !== true; next = frames.next()) {
    yield { data: change(next.value.data.toString()), tokens: next.value.tokens };
  }
}

const FLAGGED = /\b(kill|attack)\b/i;

/** `/v1/moderations`: one judgement for each input. */
function moderate(exchange: Exchange<LlamaSettings>, model: string): void {
  const input = exchange.field('input');
  const inputs = Array.isArray(input) ? (input as unknown[]) : [input];
  const results = inputs.map((text) => {
    const flagged = FLAGGED.test(String(text));
    return {
      flagged,
      categories: { violence: flagged },
      category_scores: { violence: flagged ? 0.98 : 0.0001 },
    };
  });
  exchange.sendJson(200, { id: 'modr-970d409ef3bef3b70c73d8232df86e7d', model, results });
}

export function startHosted(options: ListenOptions = {}): Promise<StandIn> {
  const settings = { ...structuredClone(LLAMA_SETTINGS), timings: false };
  return startStandIn<LlamaSettings>(
    {
      settings,
      choices: LLAMA_CHOICES,
      handle,
      errorBody: (status, message) => ({
        type: 'application/json',
        body: JSON.stringify({ error: { message, type: 'server_error', param: null, code: String(status) } }),
      }),
    },
    options,
  );
}
