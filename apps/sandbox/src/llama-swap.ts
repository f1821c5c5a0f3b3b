import type { Exchange } from './core/exchange.js';
import { isObject, textAt } from './core/json.js';
import { endSocket } from './core/player.js';
import { requestModel } from './core/request-model.js';
import { LLAMA_CHOICES, LLAMA_SETTINGS, type LlamaSettings } from './llama/llama-settings.js';
import { bodyOf, serveOther, serveText, TEXT_ROUTES } from './llama/llama-server.js';
import { llamaError } from './llama/llama-errors.js';
import { showLoading } from './llama/loading-state.js';
import { ModelSwap, type Waiter } from './llama/model-swap.js';
import { findModel } from './llama/models.js';
import { prepare, PreparedAnswers, type TextKind } from './llama/prepare.js';
import { refuseAsSwap } from './llama/swap-errors.js';
import { findSwapRoute, PUBLIC_ROUTES } from './llama/swap-routes.js';
import { startStandIn, type ListenOptions, type StandIn } from './stand-in.js';

// What llama-swap routes by the model of the request; the rest is Go's 404.
const POST_ROUTE =
  /^\/(v1\/(chat\/completions|completions|responses|embeddings|messages(\/count_tokens)?|rerank(ing)?|audio\/(speech|voices|transcriptions)|images\/(edits|generations))|rerank(ing)?|infill|completion|sdapi\/v1\/\w+|v\/.+)$/;
const GET_ROUTE = /^\/(props|v1\/audio\/voices|sdapi\/v1\/loras)$/;
const UPSTREAM_PREFIX = '/upstream/';

class LlamaSwap {
  private readonly swap: ModelSwap;
  private readonly answers = new PreparedAnswers();

  constructor(readonly settings: LlamaSettings) {
    this.swap = new ModelSwap(settings);
  }

  handle(exchange: Exchange<LlamaSettings>): void {
    const { method, path } = exchange;
    if (method === 'OPTIONS') {
      exchange.send(204, CORS_HEADERS, '');
      return;
    }
    if (this.settings.requireKey !== '' && !PUBLIC_ROUTES.has(path) && !this.hasKey(exchange)) {
      refuseAsSwap(exchange, 'unauthorized');
      return;
    }
    const own = findSwapRoute(method, path);
    if (own !== undefined) own(exchange, this.swap);
    else if (path.startsWith(UPSTREAM_PREFIX)) this.passThrough(exchange);
    else if ((method === 'GET' ? GET_ROUTE : POST_ROUTE).test(path))
      this.byModel(exchange, path.startsWith('/v/') ? path.slice(2) : path);
    else exchange.sendText(404, '404 page not found\n');
  }

  settled(): void {
    this.answers.clear();
  }

  reset(): void {
    this.swap.forgetIdle();
    this.answers.clear();
  }

  private byModel(exchange: Exchange<LlamaSettings>, path: string): void {
    const kind = exchange.method === 'POST' ? TEXT_ROUTES[path] : undefined;
    const remembered = kind === undefined ? undefined : this.answers.find(exchange, kind);
    if (remembered !== undefined) {
      this.withModel(exchange, remembered.modelId, () => serveText(exchange, remembered));
      return;
    }
    const modelId = exchange.method === 'POST' ? textAt(exchange.json, 'model') : undefined;
    this.byName(exchange, path, modelId ?? requestModel(exchange));
  }

  private byName(exchange: Exchange<LlamaSettings>, path: string, modelId: string | null): void {
    if (modelId === null || modelId === '') {
      refuseAsSwap(exchange, 'no-model');
      return;
    }
    const model = findModel(modelId, this.settings);
    if (model === undefined) {
      exchange.entry.model = modelId;
      refuseAsSwap(exchange, 'unknown-model');
      return;
    }
    const kind = exchange.method === 'POST' ? TEXT_ROUTES[path] : undefined;
    this.withModel(exchange, modelId, () => {
      if (kind === undefined) serveOther(exchange, model, { path, modelId });
      else this.text(exchange, kind, modelId);
    });
  }

  private text(exchange: Exchange<LlamaSettings>, kind: TextKind, modelId: string): void {
    const body = bodyOf(exchange);
    const prepared = body && prepare(exchange, kind, { ...body, model: modelId });
    if (prepared === undefined) return;
    if (body?.['model'] === modelId) this.answers.remember(exchange, kind, prepared);
    serveText(exchange, prepared);
  }

  /** `/upstream/{model}/{path}`; the longest known name wins, because names may hold slashes. */
  private passThrough(exchange: Exchange<LlamaSettings>): void {
    const rest = decodeURI(exchange.path.slice(UPSTREAM_PREFIX.length));
    const parts = rest.split('/');
    for (let length = parts.length; length > 0; length--) {
      const modelId = parts.slice(0, length).join('/');
      const path = rest.slice(modelId.length);
      if (modelId.endsWith('/') || findModel(modelId, this.settings) === undefined) continue;
      if (modelId.startsWith('fault/') && length > 2) continue;
      if (path === '') {
        const status = exchange.method === 'GET' || exchange.method === 'HEAD' ? 301 : 308;
        exchange.send(status, ['Location', `${exchange.path}/`], '');
      } else this.byName(exchange, path, modelId);
      return;
    }
    refuseAsSwap(exchange, 'unknown-model');
  }

  /** Runs `serve` once the model's process is there; until then nothing is sent, or loading chunks. */
  private withModel(exchange: Exchange<LlamaSettings>, modelId: string, serve: () => void): void {
    if (modelId.startsWith('fault/')) {
      serve();
      return;
    }
    exchange.entry.model = modelId;
    const asking: { still: boolean; loading?: { stop(): void } } = { still: true };
    const settle = () => {
      asking.still = false;
      asking.loading?.stop();
    };
    const waiter: Waiter = {
      model: modelId,
      granted: () => {
        settle();
        const forget = this.swap.onStopped(modelId, () => endSocket(exchange, 'rst'));
        exchange.onGone(() => {
          forget();
          this.swap.release(modelId);
        });
        serve();
      },
      refused: (refusal) => {
        settle();
        refuseAsSwap(exchange, refusal);
      },
    };
    this.swap.ask(waiter);
    if (!asking.still) return;
    exchange.onGone(() => this.swap.leave(waiter));
    if (this.showsLoading(exchange)) asking.loading = showLoading(exchange, modelId);
  }

  private showsLoading(exchange: Exchange<LlamaSettings>): boolean {
    const streams = isObject(exchange.json) && exchange.json['stream'] === true;
    return this.settings.sendLoadingState && streams && exchange.path === '/v1/chat/completions';
  }

  private hasKey(exchange: Exchange<LlamaSettings>): boolean {
    const [scheme, value = ''] = (exchange.header('authorization') ?? '').split(' ');
    if (scheme?.toLowerCase() === 'basic') {
      const decoded = Buffer.from(value, 'base64').toString('utf8');
      return decoded.slice(decoded.indexOf(':') + 1) === this.settings.requireKey;
    }
    const given = scheme?.toLowerCase() === 'bearer' ? value : exchange.header('x-api-key');
    return given === this.settings.requireKey;
  }
}

const CORS_HEADERS = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Allow-Methods',
  'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers',
  'Content-Type, Authorization, Accept, X-Requested-With',
  'Access-Control-Max-Age',
  '86400',
];

/** llama-swap in front of a row of llama.cpp servers. */
export function startLlamaSwap(options: ListenOptions = {}): Promise<StandIn> {
  const llamaSwap = new LlamaSwap(structuredClone(LLAMA_SETTINGS));
  return startStandIn<LlamaSettings>(
    {
      settings: llamaSwap.settings,
      choices: LLAMA_CHOICES,
      handle: (exchange) => llamaSwap.handle(exchange),
      errorBody: (status, message) => ({ type: 'application/json', body: llamaError(status, message) }),
      settled: () => llamaSwap.settled(),
      reset: () => llamaSwap.reset(),
    },
    options,
  );
}
