import type { Exchange } from '../core/exchange.js';
import { isObject, type JsonObject } from '../core/json.js';
import { playStream } from '../faults/play-stream.js';
import { answerEmbeddings } from './embeddings.js';
import { answerImages } from './images.js';
import { refuseAsLlama } from './llama-errors.js';
import type { LlamaSettings } from './llama-settings.js';
import type { LlamaModel } from './models.js';
import { answerNative } from './native-routes.js';
import { uniqueId, type Prepared, type TextKind } from './prepare.js';
import { answerRerank } from './rerank.js';
import { stamped } from './stamped.js';

export const TEXT_ROUTES: Record<string, TextKind> = {
  '/v1/chat/completions': 'chat',
  '/chat/completions': 'chat',
  '/v1/completions': 'completion',
  '/completions': 'completion',
  '/completion': 'native',
  '/infill': 'native',
  '/v1/messages': 'messages',
  '/v1/responses': 'responses',
  '/responses': 'responses',
};

const JSON_HEADERS = ['Server', 'llama.cpp', 'Content-Type', 'application/json; charset=utf-8'];
const EVENT_HEADERS = ['Server', 'llama.cpp', 'Content-Type', 'text/event-stream', 'X-Accel-Buffering', 'no'];
const EMBEDDING_ROUTE = /^(\/v1)?\/embeddings$/;
const IMAGE_ROUTE = /^\/v1\/images\/(generations|edits)$/;
const RERANK_ROUTE = /^(\/v1)?\/rerank(ing)?$/;

/** Answers what is not text from a prompt, as the llama.cpp server behind the model does. */
export function serveOther(
  exchange: Exchange<LlamaSettings>,
  model: LlamaModel,
  place: { path: string; modelId: string },
): void {
  exchange.entry.model = place.modelId;
  if (EMBEDDING_ROUTE.test(place.path)) answerEmbeddings(exchange, model, place.modelId);
  else if (RERANK_ROUTE.test(place.path)) answerRerank(exchange, model, place.modelId);
  else if (IMAGE_ROUTE.test(place.path) && (model.kind === 'image' || model.kind === 'any'))
    answerImages(exchange);
  else answerNative(exchange, model, place.path);
}

/** Reads the body of a route that must have one; undefined once it was refused. */
export function bodyOf(exchange: Exchange<LlamaSettings>): JsonObject | undefined {
  if (isObject(exchange.json)) return exchange.json;
  refuseAsLlama(exchange, 500, 'parse error: the body is not a JSON object');
  return undefined;
}

/** Says a prepared answer, whole or streamed, at the configured speed. */
export function serveText(exchange: Exchange<LlamaSettings>, prepared: Prepared): void {
  const { entry, settings } = exchange;
  const { call, model } = prepared;
  entry.model = prepared.modelId;
  entry.stream = call.stream;
  entry.promptTokens = call.promptTokens;
  const problem = refusalOf(prepared, settings);
  if (problem !== undefined) {
    refuseAsLlama(exchange, problem.status, problem.message, problem.extra);
    return;
  }
  if (model.kind !== 'chat' && model.kind !== 'any') {
    refuseAsLlama(exchange, 501, 'This server does not support completions. Start it without `--embeddings`');
    return;
  }
  const prefillMs = call.promptTokens * settings.prefillMsPerToken;
  if (prefillMs === 0) say(exchange, prepared);
  else {
    const stop = call.stream && settings.pingMs > 0 ? pings(exchange) : () => {};
    exchange.after(prefillMs, () => {
      stop();
      say(exchange, prepared);
    });
  }
}

/** Comment frames through the silence before the first token; the headers leave with the first of them. */
function pings(exchange: Exchange<LlamaSettings>): () => void {
  const timer = setInterval(() => {
    if (!exchange.res.headersSent) exchange.res.writeHead(200, [...EVENT_HEADERS]);
    exchange.res.write(':\n\n');
  }, exchange.settings.pingMs);
  const stop = () => clearInterval(timer);
  exchange.onGone(stop);
  return stop;
}

function say(exchange: Exchange<LlamaSettings>, prepared: Prepared): void {
  const { call, rendering, tokens } = prepared;
  const { entry, settings } = exchange;
  const created = Math.floor(entry.at / 1000);
  const id = prefixOf(call.kind) + uniqueId();
  entry.responseId = call.kind === 'responses' ? `resp_${id}` : id;
  if (call.stream) {
    playStream(exchange, {
      status: 200,
      headers: EVENT_HEADERS,
      frames: settings.stampEvents ? stamped(rendering.frames(id, created)) : rendering.frames(id, created),
      paceMs: settings.decodeMsPerToken,
      perTurn: settings.tokensPerWrite,
      events: true,
    });
    return;
  }
  const whole = () => {
    entry.generatedTokens = tokens;
    exchange.send(200, JSON_HEADERS, rendering.whole(id, created), tokens);
  };
  const decodeMs = tokens * settings.decodeMsPerToken;
  if (decodeMs === 0) whole();
  else exchange.after(decodeMs, whole);
}

function prefixOf(kind: TextKind): string {
  if (kind === 'responses') return '';
  return kind === 'messages' ? 'msg_' : 'chatcmpl-';
}

interface Problem {
  status: number;
  message: string;
  extra?: object;
}

function refusalOf({ call, model }: Prepared, settings: LlamaSettings): Problem | undefined {
  const { contextTokens } = settings;
  if (call.promptTokens > contextTokens) {
    const message = `request (${call.promptTokens} tokens) exceeds the available context size (${contextTokens} tokens), try increasing it`;
    const type = 'exceed_context_size_error';
    return {
      status: 400,
      message,
      extra: { type, n_prompt_tokens: call.promptTokens, n_ctx: contextTokens },
    };
  }
  if (call.images > 0 && !model.vision) {
    const message = 'image input is not supported - hint: you may need to provide the mmproj';
    return { status: 500, message };
  }
  return call.problem === null ? undefined : { status: 400, message: call.problem };
}
