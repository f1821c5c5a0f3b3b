/** What a call consumed. Counts are non-negative whole numbers; `estimated` tells that we counted, not the upstream. */
export interface Usage {
  readonly promptTokens: number;
  /** Of the prompt: read from the provider's prompt cache. */
  readonly cachedTokens: number;
  /** Of the prompt: written to the provider's prompt cache. */
  readonly cacheWriteTokens: number;
  /** Of those written: to be kept for an hour, which has a price of its own. */
  readonly cacheWriteHourTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  readonly audioSeconds: number;
  readonly characters: number;
  readonly estimated: boolean;
}

export const NO_USAGE: Usage = Object.freeze({
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  cacheWriteHourTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  audioSeconds: 0,
  characters: 0,
  estimated: false,
});
