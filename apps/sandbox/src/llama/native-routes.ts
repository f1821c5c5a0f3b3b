import type { Exchange } from '../core/exchange.js';
import { listAt, textAt } from '../core/json.js';
import { hashOf } from '../core/hash.js';
import { tokensOf } from './answer-text.js';
import { countPrompt, readChat, readMessages } from './chat-call.js';
import { refuseAsLlama } from './llama-errors.js';
import type { LlamaSettings } from './llama-settings.js';
import type { LlamaModel } from './models.js';

type Native = (exchange: Exchange<LlamaSettings>, model: LlamaModel) => void;

/** llama.cpp's own routes, reached through `/upstream/{model}/…` or by name; the rest is its 404. */
export function answerNative(exchange: Exchange<LlamaSettings>, model: LlamaModel, path: string): void {
  const native = NATIVE[`${exchange.method} ${path}`];
  if (native === undefined) refuseAsLlama(exchange, 404, 'File Not Found');
  else native(exchange, model);
}

const NATIVE: Record<string, Native> = {
  'GET /health': (exchange) => exchange.sendJson(200, { status: 'ok' }),
  'GET /v1/health': (exchange) => exchange.sendJson(200, { status: 'ok' }),
  'GET /props': props,
  'GET /models': models,
  'GET /v1/models': models,
  'POST /tokenize': tokenize,
  'POST /detokenize': (exchange) => exchange.sendJson(200, { content: '' }),
  'POST /apply-template': applyTemplate,
  'POST /v1/messages/count_tokens': countTokens,
  'GET /metrics': metrics,
  'GET /slots': (exchange) => refuseAsLlama(exchange, 501, 'This server does not support slots endpoint.'),
};

function props(exchange: Exchange<LlamaSettings>, model: LlamaModel): void {
  exchange.sendJson(200, {
    default_generation_settings: { n_ctx: exchange.settings.contextTokens },
    total_slots: 1,
    model_path: `/models/${model.ownName}`,
    modalities: { vision: model.vision, audio: false },
    build_info: 'b6543-sandbox',
  });
}

function models(exchange: Exchange<LlamaSettings>, model: LlamaModel): void {
  const created = Math.floor(Date.now() / 1000);
  const { contextTokens, embeddingDimensions } = exchange.settings;
  const meta = { vocab_type: 2, n_vocab: 151_936, n_ctx: contextTokens, n_embd: embeddingDimensions };
  const data = {
    id: model.ownName,
    aliases: [],
    tags: [],
    object: 'model',
    created,
    owned_by: 'llamacpp',
    meta,
  };
  const listed = { name: model.ownName, model: model.ownName, type: 'model' };
  exchange.sendJson(200, { models: [listed], object: 'list', data: [data] });
}

function tokenize(exchange: Exchange<LlamaSettings>): void {
  const text = textAt(exchange.json, 'content') ?? '';
  exchange.sendJson(200, { tokens: tokensOf(text).map((token) => hashOf(token) % 151_936) });
}

function applyTemplate(exchange: Exchange<LlamaSettings>): void {
  const { turns } = readChat({ messages: listAt(exchange.json, 'messages') });
  const prompt = turns.map((turn) => `<|im_start|>${turn.role}\n${turn.text}<|im_end|>\n`).join('');
  exchange.sendJson(200, { prompt });
}

function countTokens(exchange: Exchange<LlamaSettings>): void {
  const body = { system: exchange.field('system'), messages: listAt(exchange.json, 'messages') };
  exchange.sendJson(200, { input_tokens: countPrompt(readMessages(body).turns) });
}

function metrics(exchange: Exchange<LlamaSettings>): void {
  refuseAsLlama(exchange, 501, 'This server does not support metrics endpoint. Start it with `--metrics`');
}
