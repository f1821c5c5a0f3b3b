import type { ChatCall } from './chat-call.js';
import { countAnswer, type Answer } from './compose-answer.js';
import type { LlamaSettings } from './llama-settings.js';

/** What an answer says about its own size. */
export interface Metering {
  promptTokens: number;
  completionTokens: number;
  /** JSON text. */
  usage: string;
  /** JSON text, or null when this server sends none. */
  timings: string | null;
}

export function meter(call: ChatCall, answers: readonly Answer[], settings: LlamaSettings): Metering {
  const completionTokens = answers.reduce((sum, answer) => sum + countAnswer(answer), 0);
  const { promptTokens } = call;
  const cached = Math.min(settings.cachedTokens, promptTokens);
  const usage = JSON.stringify({
    completion_tokens: completionTokens,
    prompt_tokens: promptTokens,
    total_tokens: completionTokens + promptTokens,
    prompt_tokens_details: { cached_tokens: cached },
  });
  return {
    promptTokens,
    completionTokens,
    usage,
    timings: settings.timings ? timingsOf(promptTokens - cached, cached, completionTokens, settings) : null,
  };
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
