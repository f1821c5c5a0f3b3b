import { type Price, type TokenPrices, tokenPricesOf, type Usage } from '@app/call';
import { audioMsOf, countOf } from './count-of.js';

/** The ledger's CHECK constraint refuses a million dollars for one call. */
const MAX_COST_PICO_USD = 10n ** 18n - 1n;

/**
 * What a call costs, in pico-dollars: exact, never negative, never above the ledger's limit.
 * What was read from the prompt cache or written to it is part of the prompt and costs the input price where it has
 * none of its own; reasoning tokens are part of the completion. Fractions of a pico-dollar are rounded half up.
 */
export function costOf(usage: Usage, price: Price): bigint {
  const cost =
    costOfTokens(usage, price) +
    charge(countOf(usage.characters), price.perCharacterPicoUsd) +
    (charge(audioMsOf(usage.audioSeconds), price.perSecondPicoUsd) + 500n) / 1000n +
    charge(1, price.perRequestPicoUsd);
  return cost > MAX_COST_PICO_USD ? MAX_COST_PICO_USD : cost;
}

function costOfTokens(usage: Usage, price: Price): bigint {
  const prompt = countOf(usage.promptTokens);
  const prices = tokenPricesOf(price, prompt);
  const cached = Math.min(countOf(usage.cachedTokens), prompt);
  const written = Math.min(countOf(usage.cacheWriteTokens), prompt - cached);
  return (
    charge(prompt - cached - written, prices.inputPerTokenPicoUsd) +
    charge(cached, prices.cachedInputPerTokenPicoUsd ?? prices.inputPerTokenPicoUsd) +
    (written === 0 ? 0n : costOfWrites(written, usage, prices)) +
    charge(countOf(usage.completionTokens), prices.outputPerTokenPicoUsd)
  );
}

function costOfWrites(written: number, usage: Usage, prices: TokenPrices): bigint {
  const forAnHour = Math.min(countOf(usage.cacheWriteHourTokens), written);
  const writePrice = prices.cacheWritePerTokenPicoUsd ?? prices.inputPerTokenPicoUsd;
  return (
    charge(written - forAnHour, writePrice) +
    charge(forAnHour, prices.cacheWriteHourPerTokenPicoUsd ?? writePrice)
  );
}

/** A price of null or below zero charges nothing. */
function charge(count: number, unitPicoUsd: bigint | null): bigint {
  if (unitPicoUsd === null || unitPicoUsd <= 0n || count === 0) return 0n;
  return BigInt(count) * unitPicoUsd;
}
