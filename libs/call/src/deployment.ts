import { type JsonObject } from './json.js';
import { type Secret } from './secret.js';

/** Prices in pico-dollars per unit. A missing price is null: the call is free and marked unpriced. */
export interface Price {
  readonly inputPerTokenPicoUsd: bigint | null;
  readonly outputPerTokenPicoUsd: bigint | null;
  readonly cachedInputPerTokenPicoUsd: bigint | null;
  readonly perSecondPicoUsd: bigint | null;
  readonly perCharacterPicoUsd: bigint | null;
  readonly perRequestPicoUsd: bigint | null;
  /** Names the set of prices that a row was charged with. */
  readonly version: string;
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
