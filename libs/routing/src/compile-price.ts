import { createHash } from 'node:crypto';
import { picoUsdFrom, type Price } from '@app/call';

/** What a row is charged with whose model has no price. */
const UNPRICED = 'unpriced';

/** LiteLLM's names for each price; the first that is given counts. */
const NAMES = {
  inputPerTokenPicoUsd: ['input_cost_per_token'],
  outputPerTokenPicoUsd: ['output_cost_per_token'],
  cachedInputPerTokenPicoUsd: ['cache_read_input_token_cost'],
  perSecondPicoUsd: ['input_cost_per_second', 'output_cost_per_second', 'input_cost_per_audio_per_second'],
  perCharacterPicoUsd: ['input_cost_per_character', 'output_cost_per_character'],
  perRequestPicoUsd: ['input_cost_per_request', 'cost_per_request', 'input_cost_per_query'],
} as const;

const USED: ReadonlySet<string> = new Set(Object.values(NAMES).flat());

export interface CompiledPrice {
  readonly price: Price;
  /** Prices that are given but that nothing is charged by. */
  readonly unused: readonly string[];
}

/** Prices as written, USD per unit, become pico-dollars; the version names the set of them. */
export function compilePrice(prices: Readonly<Record<string, string>>): CompiledPrice {
  const pico = (names: readonly string[]): bigint | null => {
    const name = names.find((candidate) => Object.hasOwn(prices, candidate));
    const amount = name === undefined ? null : picoUsdFrom(prices[name] ?? '');
    return amount !== null && amount >= 0n ? amount : null;
  };
  const amounts = {
    inputPerTokenPicoUsd: pico(NAMES.inputPerTokenPicoUsd),
    outputPerTokenPicoUsd: pico(NAMES.outputPerTokenPicoUsd),
    cachedInputPerTokenPicoUsd: pico(NAMES.cachedInputPerTokenPicoUsd),
    perSecondPicoUsd: pico(NAMES.perSecondPicoUsd),
    perCharacterPicoUsd: pico(NAMES.perCharacterPicoUsd),
    perRequestPicoUsd: pico(NAMES.perRequestPicoUsd),
  };
  const unused = Object.keys(prices).filter((name) => !USED.has(name));
  return { price: Object.freeze({ ...amounts, version: versionOf(amounts) }), unused };
}

/** Nothing was ever said of what it costs. */
export const isUnpriced = ({ version }: Price): boolean => version === UNPRICED;

function versionOf(amounts: Readonly<Record<string, bigint | null>>): string {
  const given = Object.entries(amounts).filter(([, amount]) => amount !== null);
  if (given.length === 0) return UNPRICED;
  const text = given.map(([name, amount]) => `${name}=${amount}`).join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
