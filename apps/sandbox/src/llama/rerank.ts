import type { Exchange } from '../core/exchange.js';
import { listAt, numberAt } from '../core/json.js';
import { hashOf } from '../core/hash.js';
import { refuseAsLlama } from './llama-errors.js';
import type { LlamaSettings } from './llama-settings.js';
import type { LlamaModel } from './models.js';

/** `/v1/rerank`: documents that share words with the query come first. */
export function answerRerank(exchange: Exchange<LlamaSettings>, model: LlamaModel, modelId: string): void {
  if (model.kind !== 'rerank' && model.kind !== 'any') {
    refuseAsLlama(exchange, 501, 'This server does not support reranking. Start it with `--reranking`');
    return;
  }
  const query = exchange.field('query');
  const { json } = exchange;
  const tei = listAt(json, 'texts').length > 0;
  const documents = listAt(json, tei ? 'texts' : 'documents').map(String);
  if (typeof query !== 'string' || documents.length === 0) {
    refuseAsLlama(exchange, 400, '"query" and a non-empty "documents" array of strings must be provided');
    return;
  }
  const bytes = documents.reduce((sum, text) => sum + Buffer.byteLength(query) + Buffer.byteLength(text), 0);
  const promptTokens = Math.ceil(bytes / 4);
  exchange.entry.promptTokens = promptTokens;
  const scored = documents
    .map((text, index) => ({ index, text, score: scoreOf(query, text) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, numberAt(json, 'top_n') ?? documents.length);
  if (tei) {
    const withText = exchange.field('return_text') === true;
    const items = scored.map(({ index, score, text }) =>
      withText ? { index, score, text } : { index, score },
    );
    exchange.sendJson(200, items);
    return;
  }
  const results = scored.map(({ index, score }) => ({ index, relevance_score: score }));
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
  exchange.sendJson(200, { model: modelId, object: 'list', usage, results });
}

/** A logit between about -10 and 10, as a cross-encoder gives. */
function scoreOf(query: string, text: string): number {
  const wanted = new Set(query.toLowerCase().match(/\w+/g) ?? []);
  const words = text.toLowerCase().match(/\w+/g) ?? [];
  const shared = new Set(words.filter((word) => wanted.has(word))).size;
  const noise = (hashOf(`${query}\n${text}`) % 1000) / 1000;
  return -10 + (20 * shared) / Math.max(1, wanted.size) + noise;
}
