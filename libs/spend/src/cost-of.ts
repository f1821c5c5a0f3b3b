import { type Price, type Usage } from '@app/call';
import { audioMsOf, countOf } from './count-of.js';

/** The ledger's CHECK constraint refuses a million dollars for one call. */
const MAX_COST_PICO_USD = 10n ** 18n - 1n;

/**
 * What a call costs, in pico-dollars: exact, never negative, never above the ledger's limit.
 * Cached tokens are part of the prompt and cost the input price where they have none of their own;
 * reasoning tokens are part of the completion. Fractions of a pico-dollar are rounded half up.
 */
export function costOf(usage: Usage, price: Price): bigint {
  const prompt = countOf(usage.promptTokens);
  const cached = Math.min(countOf(usage.cachedTokens), prompt);
  const cachedPrice = price.cachedInputPerTokenPicoUsd ?? price.inputPerTokenPicoUsd;
  const cost =
    charge(prompt - cached, price.inputPerTokenPicoUsd) +
    charge(cached, cachedPrice) +
    charge(countOf(usage.completionTokens), price.outputPerTokenPicoUsd) +
    charge(countOf(usage.characters), price.perCharacterPicoUsd) +
    (charge(audioMsOf(usage.audioSeconds), price.perSecondPicoUsd) + 500n) / 1000n +
    charge(1, price.perRequestPicoUsd);
  return cost > MAX_COST_PICO_USD ? MAX_COST_PICO_USD : cost;
}

/** A price of null or below zero charges nothing. */
function charge(count: number, unitPicoUsd: bigint | null): bigint {
  if (unitPicoUsd === null || unitPicoUsd <= 0n || count === 0) return 0n;
  return BigInt(count) * unitPicoUsd;
}
