import type { ChatCall } from './chat-call.js';
import { countAnswer, type Answer } from './compose-answer.js';
import type { LlamaSettings } from './llama-settings.js';
import type { Fault } from '../faults/fault.js';

/** What an answer says about its own size: JSON texts, because a fault may make them no JSON at all. */
export interface Metering {
  promptTokens: number;
  completionTokens: number;
  /** None when it is missing, two when it comes twice. */
  usages: string[];
  /** Streams only: the usage chunk comes after `[DONE]`. */
  usageAfterDone: boolean;
  /** Null when this server sends none. */
  timings: string | null;
}

export function meter(
  call: ChatCall,
  answers: readonly Answer[],
  settings: LlamaSettings,
  fault?: Fault,
): Metering {
  const completionTokens = answers.reduce((sum, answer) => sum + countAnswer(answer), 0);
  const { promptTokens } = call;
  const cached = Math.min(settings.cachedTokens, promptTokens);
  const usage = JSON.stringify({
    completion_tokens: completionTokens,
    prompt_tokens: promptTokens,
    total_tokens: completionTokens + promptTokens,
    prompt_tokens_details: { cached_tokens: cached },
  });
  const timed = settings.timings && fault?.has('no-timings') !== true;
  return {
    promptTokens,
    completionTokens,
    usages: fault?.has('usage') === true ? spoiltUsage(fault.text('usage'), usage) : [usage],
    usageAfterDone: fault?.text('usage') === 'after-done',
    timings: timed ? timingsOf(promptTokens - cached, cached, completionTokens, settings) : null,
  };
}

const usageOf = (value: string) =>
  `{"completion_tokens":${value},"prompt_tokens":${value},"total_tokens":${value}}`;

/** `NaN` is what Python servers write although it is not JSON. */
const SPOILT: Record<string, (usage: string) => string[]> = {
  nan: () => [usageOf('NaN')],
  infinity: () => [usageOf('Infinity')],
  negative: () => [usageOf('-5')],
  string: () => [usageOf('"12"')],
  null: () => ['null'],
  nulls: () => [usageOf('null')],
  missing: () => [],
  empty: () => ['{}'],
  huge: () => [usageOf('1e308')],
  int64: () => [usageOf('9223372036854775808')],
  million: () => [usageOf('1000000000000000000')],
  fraction: () => [usageOf('12.5')],
  nested: () => [usageOf('{"value":12}')],
  list: () => ['[1,2,3]'],
  zero: () => [usageOf('0')],
  twice: (usage) => [usageOf('7'), usage],
  'after-done': (usage) => [usage],
};

function spoiltUsage(kind: string, usage: string): string[] {
  return (SPOILT[kind] ?? SPOILT['missing'])?.(usage) ?? [];
}

// Shown when the settings make work take no time: a rate needs some.
const NOMINAL_PREFILL_MS = 0.1;
const NOMINAL_DECODE_MS = 1;

function timingsOf(fresh: number, cached: number, predicted: number, settings: LlamaSettings): string {
  const prefillMs = settings.prefillMsPerToken || NOMINAL_PREFILL_MS;
  const decodeMs = settings.decodeMsPerToken || NOMINAL_DECODE_MS;
  return JSON.stringify({
    cache_n: cached,
    prompt_n: fresh,
    prompt_ms: fresh * prefillMs,
    prompt_per_token_ms: prefillMs,
    prompt_per_second: 1000 / prefillMs,
    predicted_n: predicted,
    predicted_ms: predicted * decodeMs,
    predicted_per_token_ms: decodeMs,
    predicted_per_second: 1000 / decodeMs,
  });
}
