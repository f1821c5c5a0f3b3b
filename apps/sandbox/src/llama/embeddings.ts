import type { Exchange } from '../core/exchange.js';
import { hashOf } from '../core/hash.js';
import { refuseAsLlama } from './llama-errors.js';
import type { LlamaSettings } from './llama-settings.js';
import type { LlamaModel } from './models.js';

/** `/v1/embeddings`: unit vectors that depend on the input alone. */
export function answerEmbeddings(
  exchange: Exchange<LlamaSettings>,
  model: LlamaModel,
  modelId: string,
): void {
  if (model.kind !== 'embeddings' && model.kind !== 'any') {
    refuseAsLlama(exchange, 501, 'This server does not support embeddings. Start it with `--embeddings`');
    return;
  }
  const inputs = readInputs(exchange.field('input'));
  if (inputs === undefined || inputs.length === 0 || inputs.some((input) => input.tokens === 0)) {
    refuseAsLlama(exchange, 400, '"input" or "content" must be provided and not be empty');
    return;
  }
  const { contextTokens, embeddingDimensions } = exchange.settings;
  if (inputs.some((input) => input.tokens > contextTokens)) {
    const message = 'input is too large to process. increase the physical batch size';
    refuseAsLlama(exchange, 500, message);
    return;
  }
  const promptTokens = inputs.reduce((sum, input) => sum + input.tokens, 0);
  exchange.entry.promptTokens = promptTokens;
  const base64 = exchange.field('encoding_format') === 'base64';
  const items = inputs.map((input, index) =>
    itemText(vectorOf(input.text, embeddingDimensions), index, base64),
  );
  const usage = `{"prompt_tokens":${promptTokens},"total_tokens":${promptTokens}}`;
  const head = `{"model":${JSON.stringify(modelId)},"object":"list","usage":${usage},"data":[`;
  exchange.send(200, JSON_HEADERS, `${head}${items.join(',')}]}`);
}

const JSON_HEADERS = ['Server', 'llama.cpp', 'Content-Type', 'application/json; charset=utf-8'];

interface Input {
  text: string;
  tokens: number;
}

/** Undefined when the input is none of string, string[], int[] and int[][]. */
function readInputs(input: unknown): Input[] | undefined {
  if (typeof input === 'string') return [ofText(input)];
  if (!Array.isArray(input)) return undefined;
  const items = input as unknown[];
  if (items.length > 0 && items.every((item) => typeof item === 'number')) return [ofIds(items)];
  const inputs = items.map((item) => {
    if (typeof item === 'string') return ofText(item);
    return Array.isArray(item) && item.every((id) => typeof id === 'number') ? ofIds(item) : undefined;
  });
  return inputs.includes(undefined) ? undefined : (inputs as Input[]);
}

function ofText(text: string): Input {
  return { text, tokens: Math.ceil(Buffer.byteLength(text) / 4) };
}

function ofIds(ids: number[]): Input {
  return { text: `ids:${ids.join(',')}`, tokens: ids.length };
}

function vectorOf(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  let state = hashOf(text) || 1;
  let squares = 0;
  for (let i = 0; i < dimensions; i++) {
    // Xorshift: cheap, and the same on every machine.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const value = state / 0x80000000;
    vector[i] = value;
    squares += value * value;
  }
  const length = Math.sqrt(squares);
  for (let i = 0; i < dimensions; i++) vector[i] = (vector[i] ?? 0) / length;
  return vector;
}

function itemText(vector: Float32Array, index: number, base64: boolean): string {
  const tail = `,"index":${index},"object":"embedding"}`;
  if (!base64) return `{"embedding":${JSON.stringify(Array.from(vector))}${tail}`;
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, at) => bytes.writeFloatLE(value, at * 4));
  return `{"embedding":"${bytes.toString('base64')}","encoding_format":"base64"${tail}`;
}
