import { createHash } from 'node:crypto';
import { NO_PRICE, picoUsdFrom, type Price, type PriceTier, type TokenPrices } from '@app/call';

type Amounts<T> = Readonly<Record<keyof T, bigint | null>>;

/** LiteLLM's names for each price. */
const TOKEN_NAMES: Readonly<Record<keyof TokenPrices, string>> = {
  inputPerTokenPicoUsd: 'input_cost_per_token',
  outputPerTokenPicoUsd: 'output_cost_per_token',
  cachedInputPerTokenPicoUsd: 'cache_read_input_token_cost',
  cacheWritePerTokenPicoUsd: 'cache_creation_input_token_cost',
  cacheWriteHourPerTokenPicoUsd: 'cache_creation_input_token_cost_above_1hr',
};
/** The first that is given counts. */
const OTHER_NAMES = {
  perSecondPicoUsd: ['input_cost_per_second', 'output_cost_per_second', 'input_cost_per_audio_per_second'],
  perCharacterPicoUsd: ['input_cost_per_character', 'output_cost_per_character'],
  perRequestPicoUsd: ['input_cost_per_request', 'cost_per_request', 'input_cost_per_query'],
} as const;
/** `input_cost_per_token_above_200k_tokens`; with the digits alone every number can be said. */
const TIER = /^(.+)_above_(\d{1,9})(k?)_tokens$/;

const FIELDS = Object.keys(TOKEN_NAMES) as (keyof TokenPrices)[];
const KNOWN: ReadonlySet<string> = new Set([
  ...Object.values(TOKEN_NAMES),
  ...Object.values(OTHER_NAMES).flat(),
]);
const TIERED: ReadonlySet<string> = new Set(Object.values(TOKEN_NAMES));

export interface CompiledPrice {
  readonly price: Price;
  /** Prices that are given but that nothing is charged by. */
  readonly unused: readonly string[];
}

/** Prices as written, USD per unit, become pico-dollars; the version names the set of them. */
export function compilePrice(prices: Readonly<Record<string, string>>): CompiledPrice {
  const pico = (name: string): bigint | null => {
    const amount = Object.hasOwn(prices, name) ? picoUsdFrom(prices[name] ?? '') : null;
    return amount !== null && amount >= 0n ? amount : null;
  };
  const first = (names: readonly string[]): bigint | null =>
    pico(names.find((name) => Object.hasOwn(prices, name)) ?? '');
  const base = tokenPrices(({ name }) => pico(name));
  const others: Amounts<typeof OTHER_NAMES> = {
    perSecondPicoUsd: first(OTHER_NAMES.perSecondPicoUsd),
    perCharacterPicoUsd: first(OTHER_NAMES.perCharacterPicoUsd),
    perRequestPicoUsd: first(OTHER_NAMES.perRequestPicoUsd),
  };
  const tiers = tiersOf(Object.keys(prices), base, pico);
  const version = versionOf({ ...base, ...others }, tiers);
  const unused = Object.keys(prices).filter((name) => !KNOWN.has(name) && tierIn(name) === null);
  return { price: Object.freeze({ ...base, ...others, tiers: Object.freeze(tiers), version }), unused };
}

/** Nothing was ever said of what it costs. */
export const isUnpriced = ({ version }: Price): boolean => version === NO_PRICE.version;

function tokenPrices(
  amountOf: (price: { readonly name: string; readonly field: keyof TokenPrices }) => bigint | null,
): TokenPrices {
  const entries = FIELDS.map((field) => [field, amountOf({ name: TOKEN_NAMES[field], field })] as const);
  return Object.fromEntries(entries) as Amounts<TokenPrices>;
}

/** The largest first. What a tier does not name costs what it costs below it. */
function tiersOf(
  names: readonly string[],
  base: TokenPrices,
  pico: (name: string) => bigint | null,
): PriceTier[] {
  const named = names.flatMap((name) => tierIn(name) ?? []).filter(({ name }) => pico(name) !== null);
  const bounds = [...new Set(named.map(({ abovePromptTokens }) => abovePromptTokens))].sort((a, b) => a - b);
  const tiers: PriceTier[] = [];
  let below = base;
  for (const abovePromptTokens of bounds) {
    const here = named.filter((tier) => tier.abovePromptTokens === abovePromptTokens);
    const known = below;
    below = tokenPrices(({ name, field }) => {
      const own = here.find(({ price }) => price === name);
      return own ? pico(own.name) : known[field];
    });
    tiers.unshift(Object.freeze({ ...below, abovePromptTokens }));
  }
  return tiers;
}

/** The price that a name is a tier of, and where the tier begins; null where it names none. */
function tierIn(
  name: string,
): { readonly name: string; readonly price: string; readonly abovePromptTokens: number } | null {
  const [, price = '', digits = '', thousands = ''] = TIER.exec(name) ?? [];
  if (!TIERED.has(price)) return null;
  return { name, price, abovePromptTokens: Number(digits) * (thousands === '' ? 1 : 1_000) };
}

function versionOf(amounts: Readonly<Record<string, bigint | null>>, tiers: readonly PriceTier[]): string {
  const given = Object.entries(amounts).filter(([, amount]) => amount !== null);
  if (given.length === 0 && tiers.length === 0) return NO_PRICE.version;
  const lines = given.map(([name, amount]) => `${name}=${amount}`);
  for (const { abovePromptTokens, ...tier } of tiers) {
    lines.push(...Object.entries(tier).map(([name, amount]) => `${name}>${abovePromptTokens}=${amount}`));
  }
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
}
