import { isJsonObject, type JsonObject, type JsonValue, NO_USAGE, type Usage } from '@app/call';
import { type AnswerText } from './answer-text.js';

/** More than any model makes in one call; beyond it a count is a mistake. */
const MAX_TOKENS = 100_000_000;
/** Bytes per token where nobody counted: the usual figure for English text. */
const BYTES_PER_TOKEN = 4;
/** A chunk longer than this on average holds more than one token. */
const MAX_BYTES_PER_CHUNK = 24;

type CachePart = 'cachedTokens' | 'cacheWriteTokens' | 'cacheWriteHourTokens';

/** Looks on while an answer passes: what was reported, what was seen, and when the first content came. */
export class UsageMeter {
  responseId: string | null = null;
  firstContentAtMs: number | null = null;
  /** Where the words are kept for telemetry; null for calls that nobody wants them of. */
  answer: AnswerText | null = null;
  #reported: Usage | null = null;
  #prompt: Pick<Usage, 'promptTokens' | CachePart> | null = null;
  #isComplete = false;
  #contentChunks = 0;
  #contentBytes = 0;

  constructor(private readonly promptBytes: number) {}

  /** Content of `bytes` length was seen in one chunk of a stream, or in the whole answer. */
  sawContent(bytes: number): void {
    if (bytes === 0) return;
    this.firstContentAtMs ??= performance.now();
    this.#contentChunks++;
    this.#contentBytes += bytes;
  }

  /** The upstream's own figures; the last valid ones count. */
  reported(usage: JsonValue): void {
    this.#reported = readUsage(usage) ?? this.#reported;
  }

  /** What the upstream told of the prompt before it answered; it counts where the answer is cut off. */
  prompted(usage: JsonValue): void {
    const read = readUsage(usage);
    if (!read) return;
    const { promptTokens, cachedTokens, cacheWriteTokens, cacheWriteHourTokens } = read;
    this.#prompt = { promptTokens, cachedTokens, cacheWriteTokens, cacheWriteHourTokens };
  }

  /** What was counted on the way of an answer that is no text; it takes the place of what was known before. */
  counted(usage: Partial<Usage>): void {
    this.firstContentAtMs ??= performance.now();
    this.#reported = { ...NO_USAGE, ...usage };
  }

  /** The answer came to its orderly end: what nobody counted of it is estimated, also where it has no words. */
  completed(): void {
    this.#isComplete = true;
  }

  /** Whether the upstream did something that is charged. */
  get hasAnswer(): boolean {
    return this.#reported !== null || this.#isComplete || this.seenTokens > 0;
  }

  /** Tokens of the answer seen so far, by our own count. */
  get seenTokens(): number {
    const averageBytes = this.#contentChunks === 0 ? 0 : this.#contentBytes / this.#contentChunks;
    if (averageBytes <= MAX_BYTES_PER_CHUNK) return this.#contentChunks;
    return Math.ceil(this.#contentBytes / BYTES_PER_TOKEN);
  }

  /** What to charge. Without valid figures from the upstream it is our own count, marked so. */
  usage(): Usage {
    if (this.#reported) return this.#reported;
    return {
      ...NO_USAGE,
      promptTokens: Math.ceil(this.promptBytes / BYTES_PER_TOKEN),
      ...this.#prompt,
      completionTokens: this.seenTokens,
      estimated: true,
    };
  }
}

/**
 * Reads an OpenAI `usage` object; null unless its counts are whole, non-negative and believable. Rerankers tell the sum
 * alone, and some providers leave out of the completion what the model thought: the sum has it.
 */
export function readUsage(value: JsonValue): Usage | null {
  if (!isJsonObject(value)) return null;
  const told = countOf(value['completion_tokens'] ?? 0);
  const total = countOf(value['total_tokens']);
  const promptTokens = countOf(
    value['prompt_tokens'] === undefined && total !== null ? total - (told ?? 0) : value['prompt_tokens'],
  );
  if (promptTokens === null || told === null) return null;
  const completionTokens = Math.max(told, (total ?? 0) - promptTokens);
  return {
    ...NO_USAGE,
    promptTokens,
    completionTokens,
    ...cachePartsOf(value, promptTokens),
    reasoningTokens: Math.min(
      detail(value['completion_tokens_details'], 'reasoning_tokens'),
      completionTokens,
    ),
  };
}

/**
 * What the provider's prompt cache had, and what was written to it. LiteLLM tells both beside the sums, OpenRouter
 * the writes among the details, DeepSeek the hits by a name of its own.
 */
function cachePartsOf(usage: JsonObject, promptTokens: number): Pick<Usage, CachePart> {
  const details = usage['prompt_tokens_details'];
  const told = (name: string): number => countOf(usage[name]) ?? 0;
  const cached =
    detail(details, 'cached_tokens') || told('cache_read_input_tokens') || told('prompt_cache_hit_tokens');
  const cachedTokens = Math.min(cached, promptTokens);
  const written =
    detail(details, 'cache_creation_tokens') ||
    detail(details, 'cache_write_tokens') ||
    told('cache_creation_input_tokens');
  const cacheWriteTokens = Math.min(written, promptTokens - cachedTokens);
  const byTime = isJsonObject(details) ? details['cache_creation_token_details'] : null;
  const forAnHour = detail(byTime ?? undefined, 'ephemeral_1h_input_tokens');
  return { cachedTokens, cacheWriteTokens, cacheWriteHourTokens: Math.min(forAnHour, cacheWriteTokens) };
}

function detail(details: JsonValue | undefined, name: string): number {
  return isJsonObject(details) ? (countOf(details[name]) ?? 0) : 0;
}

function countOf(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS
    ? value
    : null;
}
