import { createHash } from 'node:crypto';
import { type JsonObject, picoUsdFrom, type Price } from '@app/call';

const FIELDS = {
  inputPerTokenPicoUsd: ['input_cost_per_token'],
  outputPerTokenPicoUsd: ['output_cost_per_token'],
  cachedInputPerTokenPicoUsd: ['cache_read_input_token_cost'],
  perSecondPicoUsd: ['input_cost_per_second', 'output_cost_per_second'],
  perCharacterPicoUsd: ['input_cost_per_character', 'output_cost_per_character'],
  perRequestPicoUsd: ['input_cost_per_request', 'cost_per_request'],
} as const;

/** Prices as written (USD per unit) in `prices`, else in `modelInfo`, as whole pico-dollars. */
export function compilePrice(prices: Readonly<Record<string, string>>, modelInfo: JsonObject): Price {
  const priceOf = (names: readonly string[]): bigint | null => {
    for (const name of names) {
      const written = prices[name] ?? modelInfo[name];
      if (typeof written !== 'string' && typeof written !== 'number') continue;
      const price = picoUsdFrom(written);
      if (price !== null && price >= 0n) return price;
    }
    return null;
  };
  const price = {
    inputPerTokenPicoUsd: priceOf(FIELDS.inputPerTokenPicoUsd),
    outputPerTokenPicoUsd: priceOf(FIELDS.outputPerTokenPicoUsd),
    cachedInputPerTokenPicoUsd: priceOf(FIELDS.cachedInputPerTokenPicoUsd),
    perSecondPicoUsd: priceOf(FIELDS.perSecondPicoUsd),
    perCharacterPicoUsd: priceOf(FIELDS.perCharacterPicoUsd),
    perRequestPicoUsd: priceOf(FIELDS.perRequestPicoUsd),
  };
  return Object.freeze({ ...price, version: versionOf(Object.values(price)) });
}

function versionOf(prices: readonly (bigint | null)[]): string {
  if (prices.every((price) => price === null)) return 'unpriced';
  return createHash('sha256').update(prices.map(String).join()).digest('hex').slice(0, 12);
}
