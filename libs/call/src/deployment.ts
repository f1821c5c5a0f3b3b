import { type JsonObject } from './json.js';
import { type Secret } from './secret.js';

/** What tokens cost, in pico-dollars for each; null where there is no such price. */
export interface TokenPrices {
  readonly inputPerTokenPicoUsd: bigint | null;
  readonly outputPerTokenPicoUsd: bigint | null;
  /** Of what the provider's prompt cache had; without it the input price counts. */
  readonly cachedInputPerTokenPicoUsd: bigint | null;
  /** Of what was written to that cache; without it the input price counts. */
  readonly cacheWritePerTokenPicoUsd: bigint | null;
  /** Of what was written to stay there for an hour; without it the price of other writes counts. */
  readonly cacheWriteHourPerTokenPicoUsd: bigint | null;
}

/** Other prices for all tokens of a call whose prompt is longer than so many. */
export interface PriceTier extends TokenPrices {
  readonly abovePromptTokens: number;
}

/** Prices in pico-dollars per unit. A missing price is null: the call is free and marked unpriced. */
export interface Price extends TokenPrices {
  /** Those of the longest prompts first; each complete, so that the first that applies is all there is to know. */
  readonly tiers: readonly PriceTier[];
  readonly perSecondPicoUsd: bigint | null;
  readonly perCharacterPicoUsd: bigint | null;
  readonly perRequestPicoUsd: bigint | null;
  /** Names the set of prices that a row was charged with. */
  readonly version: string;
}

export const NO_PRICE: Price = Object.freeze({
  inputPerTokenPicoUsd: null,
  outputPerTokenPicoUsd: null,
  cachedInputPerTokenPicoUsd: null,
  cacheWritePerTokenPicoUsd: null,
  cacheWriteHourPerTokenPicoUsd: null,
  tiers: Object.freeze([]),
  perSecondPicoUsd: null,
  perCharacterPicoUsd: null,
  perRequestPicoUsd: null,
  version: 'unpriced',
});

/** What tokens cost in a call with a prompt of so many. */
export function tokenPricesOf(price: Price, promptTokens: number): TokenPrices {
  if (price.tiers.length === 0) return price;
  return price.tiers.find(({ abovePromptTokens }) => promptTokens > abovePromptTokens) ?? price;
}

export interface Timeouts {
  readonly connectMs: number;
  /** Until the first content: a model may load for minutes. */
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** One concrete backend for a model name. Frozen when configuration is compiled. */
export interface Deployment {
  readonly id: string;
  /** The public model name that clients ask for; for a wildcard the pattern. */
  readonly modelGroup: string;
  readonly provider: string;
  /** The name sent upstream, provider prefix removed and wildcards filled in. */
  readonly upstreamModel: string;
  /** `https://host:port`, never changed by a request. */
  readonly origin: string;
  /** Starts with `/`, ends without; prepended to every upstream path: `/v1`. */
  readonly basePath: string;
  readonly apiKey: Secret | null;
  /** The header that takes the bare key; without it `Authorization: Bearer`. */
  readonly keyHeader?: string | null;
  /** Appended to every upstream path: `?api-version=…`. */
  readonly query?: string;
  /** What its chat speaks; OpenAI's protocol unless told. */
  readonly protocol?: 'openai' | 'anthropic';
  /** It tells the usage of a stream unasked, and refuses `stream_options`. */
  readonly refusesStreamOptions?: boolean;
  readonly extraHeaders: Readonly<Record<string, string>>;
  readonly timeouts: Timeouts;
  readonly price: Price;
  /** OpenAI parameters that apply where the client sends none. */
  readonly defaults: JsonObject;
  readonly maxInputTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly supportsFunctionCalling: boolean;
  /** Longer texts are spoken in parts of at most so many characters; 0: never. Absent: the default. */
  readonly speechPartCharacters?: number;
}
