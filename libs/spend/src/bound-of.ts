import {
  type Call,
  type CallType,
  type Deployment,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  NO_USAGE,
  type Price,
  TEXT_CALLS,
  type TokenPrices,
} from '@app/call';
import { costOf } from './cost-of.js';
import { countOf } from './count-of.js';

/** Chat templates add role markers and separators around each message. */
const TOKENS_PER_MESSAGE = 8;
/** Templates may render a tool's schema longer than its JSON. */
const TOKENS_PER_TOOL = 256;
/** An image costs by its tiles, not by its bytes; no model in the field charges more for one. */
const TOKENS_PER_IMAGE = 16_384;
/** A picture of the largest size in the best quality, where it is paid by tokens. */
const TOKENS_PER_PICTURE = 8_192;
const PICTURES: ReadonlySet<CallType> = new Set(['aimage_generation', 'aimage_edit']);
/** Where neither the client nor the model's description caps the answer. */
const UNCAPPED_COMPLETION_TOKENS = 32_768;
/** What a provider may add to the prompt out of its own store, where nobody caps it. */
const UNSEEN_PROMPT_TOKENS = 131_072;
/** Slowest codec that speech is sent in (Opus at 4 kbit/s); more bytes mean less audio, never more. */
const LEAST_AUDIO_BYTES_PER_SECOND = 500;
/** Slow speech: one second for a character. */
const MOST_SPEECH_SECONDS_PER_CHARACTER = 1;
const ENGLISH_BYTES_PER_TOKEN = 4;

/** What a prompt may come to, from its JSON alone. */
interface PromptSize {
  /** Every byte-level BPE token covers at least one byte, and JSON text is never shorter than what it says. */
  readonly bytes: number;
  readonly messages: number;
  readonly media: number;
  readonly tools: number;
}

/**
 * An upper bound in pico-dollars for what `call` may cost on any deployment of `plan`.
 * Exact upper bound where the client or the deployment caps the answer; {@link completionCapOf} tells.
 */
export function boundOf(call: Call, plan: readonly Deployment[]): bigint {
  const shownTokens = promptBoundOf(sizeOf(call));
  const hasMore = continuesOther(call.body.object);
  let bound = 0n;
  for (const deployment of plan) {
    const promptTokens = hasMore
      ? Math.max(shownTokens, deployment.maxInputTokens ?? UNSEEN_PROMPT_TOKENS)
      : shownTokens;
    const cost = costOf(
      {
        ...NO_USAGE,
        promptTokens,
        completionTokens: completionBoundOf(call, deployment),
        audioSeconds: audioBoundOf(call),
        characters: charactersOf(call),
      },
      dearestOf(deployment.price, promptTokens),
    );
    if (cost > bound) bound = cost;
  }
  return bound;
}

/** Whether the provider is to put something before the prompt that is not in the request. */
const continuesOther = ({ previous_response_id: previous, conversation }: JsonObject): boolean =>
  (previous ?? conversation ?? null) !== null;

/** Tokens that one answer of `call` may have at most; null when nothing caps it. */
export function completionCapOf(call: Call, deployment: Deployment): number | null {
  const cap = largestCap(call, { ...deployment.defaults, ...call.body.object });
  const model = deployment.maxOutputTokens;
  if (cap === null) return model;
  return model === null ? cap : Math.min(cap, model);
}

/** The cap that the client itself has set on each of its answers; null where its words bind no backend for certain. */
export const askedCapOf = (call: Call): number | null => largestCap(call, call.body.object);

/** What caps an answer in each protocol; backends let words of other protocols pass unheard. */
const CAPS: Partial<Record<CallType, readonly string[]>> = {
  acompletion: ['max_completion_tokens', 'max_tokens'],
  atext_completion: ['max_completion_tokens', 'max_tokens'],
  anthropic_messages: ['max_tokens'],
  aresponses: ['max_output_tokens'],
};
const NATIVE_PATH = '/infill';

/**
 * Where a request names several caps, backends differ in which of them they go by: the largest counts. `n_predict` is
 * llama.cpp's own, wins there, means no limit below zero, and is nothing to all others.
 */
function largestCap(call: Call, body: JsonObject): number | null {
  const native = body['n_predict'];
  if (typeof native === 'number' && native < 0) return null;
  const named = capsIn(body, CAPS[call.type] ?? []);
  const all =
    named.length === 0 && call.upstreamPath !== NATIVE_PATH ? [] : [...named, ...capsIn(body, ['n_predict'])];
  return all.length === 0 ? null : Math.max(...all);
}

const capsIn = (body: JsonObject, names: readonly string[]): number[] =>
  names.flatMap((name) => {
    const value = body[name];
    return typeof value === 'number' && value > 0 ? [countOf(value)] : [];
  });

/** The likely number of prompt tokens, for rows where nobody counted them. */
export function promptEstimateOf(call: Call): number {
  if (call.type === 'aspeech' || call.type === 'atranscription') return 0;
  const size = sizeOf(call);
  return Math.ceil(size.bytes / ENGLISH_BYTES_PER_TOKEN) + size.media * 1024;
}

function promptBoundOf(size: PromptSize): number {
  return (
    size.bytes +
    size.messages * TOKENS_PER_MESSAGE +
    size.media * TOKENS_PER_IMAGE +
    size.tools * TOKENS_PER_TOOL
  );
}

function completionBoundOf(call: Call, deployment: Deployment): number {
  if (PICTURES.has(call.type)) return picturesOf(call) * (deployment.maxOutputTokens ?? TOKENS_PER_PICTURE);
  if (!TEXT_CALLS.has(call.type)) return 0;
  const cap = completionCapOf(call, deployment) ?? UNCAPPED_COMPLETION_TOKENS;
  const prompts = Array.isArray(call.body.object.prompt) ? Math.max(1, call.body.object.prompt.length) : 1;
  // The last is llama.cpp's name for the first.
  const { n = 1, best_of: best = 1, n_cmpl: native = 1 } = call.body.object;
  const choices = Math.max(1, ...[n, best, native].map((count) => countOf(Number(count))));
  return cap * choices * prompts;
}

/** In a form, even the number is text. */
const picturesOf = ({ body }: Call): number => Math.max(1, countOf(Number(body.object.n ?? 1)));

/** Every token of the prompt may turn out to be of the dearest kind, and the prompt shorter than its bound. */
function dearestOf(price: Price, promptTokens: number): Price {
  const reached = price.tiers.filter(({ abovePromptTokens }) => promptTokens > abovePromptTokens);
  const all: readonly TokenPrices[] = [price, ...reached];
  const input = all.flatMap((prices) => [
    prices.inputPerTokenPicoUsd,
    prices.cachedInputPerTokenPicoUsd,
    prices.cacheWritePerTokenPicoUsd,
    prices.cacheWriteHourPerTokenPicoUsd,
  ]);
  const output = all.map(({ outputPerTokenPicoUsd }) => outputPerTokenPicoUsd);
  return { ...price, inputPerTokenPicoUsd: most(input), outputPerTokenPicoUsd: most(output), tiers: [] };
}

const most = (amounts: readonly (bigint | null)[]): bigint | null =>
  amounts.reduce((one, other) => (one === null || (other !== null && other > one) ? other : one), null);

/** The most seconds that what is heard or spoken in a call can play. */
export function audioBoundOf(call: Call): number {
  if (call.type === 'atranscription') return Math.ceil(call.bodyBytes / LEAST_AUDIO_BYTES_PER_SECOND);
  if (call.type === 'aspeech') return charactersOf(call) * MOST_SPEECH_SECONDS_PER_CHARACTER;
  return 0;
}

function charactersOf(call: Call): number {
  return call.type === 'aspeech' && typeof call.body.object.input === 'string'
    ? call.body.object.input.length
    : 0;
}

function sizeOf(call: Call): PromptSize {
  const { messages, input, tools } = call.body.object;
  const list = listOf(messages ?? input);
  let media = 0;
  let mediaBytes = 0;
  for (const message of list) {
    if (!isJsonObject(message)) continue;
    for (const part of listOf(message.content)) {
      if (!isJsonObject(part) || part.type === 'text') continue;
      media += 1;
      mediaBytes += inlineBytesOf(part);
    }
  }
  return {
    bytes: Math.max(0, call.bodyBytes - mediaBytes),
    messages: list.length + 1,
    media,
    tools: listOf(tools).length,
  };
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The base64 text of a media part, which is decoded, not read as tokens. */
function inlineBytesOf(part: JsonObject): number {
  let bytes = 0;
  for (const value of [part.image_url, part.input_audio, part.file]) {
    const text = isJsonObject(value) ? (value.url ?? value.data ?? value.file_data) : value;
    if (typeof text === 'string' && (text.startsWith('data:') || text.length > 4096)) bytes += text.length;
  }
  return bytes;
}
