/** What a call consumed. Counts are non-negative whole numbers; `estimated` tells that we counted, not the upstream. */
export interface Usage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  readonly audioSeconds: number;
  readonly characters: number;
  readonly estimated: boolean;
}

export const NO_USAGE: Usage = Object.freeze({
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  audioSeconds: 0,
  characters: 0,
  estimated: false,
});
