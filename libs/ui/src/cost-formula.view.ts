import { type JsonObject, type Price, tokenPricesOf } from '@app/call';
import { type SpendLogRow } from '@app/spend';
import { objectIn, picoOf } from './calls.view.js';
import { exactMoney } from './shown-values.js';

interface Line {
  readonly label: string;
  readonly amount: string;
  readonly op: string;
  readonly price: string;
  readonly sum: string;
}

interface Part {
  readonly label: string;
  readonly amount: number;
  readonly price: bigint | null;
  /** Priced for one, not for a million. */
  readonly isSingle?: boolean;
}

const PER_MILLION = 1_000_000n;

/** How the cost came about. @param price the prices of then; null where no model has them any more */
export function costView(row: SpendLogRow, price: Price | null): object {
  const charged = picoOf(row);
  const isUnpriced = row.metadata['unpriced'] === true;
  if (price === null || isUnpriced) {
    const isGone = !isUnpriced && charged > 0n;
    return {
      sub: isUnpriced ? 'this model has no price' : '',
      lines: [],
      total: exactMoney(charged),
      note: isGone ? 'The prices have changed since, so only the sum is shown.' : '',
    };
  }
  const { lines, sumPicoUsd } = linesOf(row, price);
  return {
    sub: lines.length === 0 ? '' : `prices ${price.version}`,
    lines,
    total: exactMoney(charged),
    note:
      lines.length === 0 && charged === 0n
        ? 'Nothing was used, so nothing is charged.'
        : sumPicoUsd === charged
          ? ''
          : 'The total is what was charged: fractions are rounded once, at the end.',
  };
}

function linesOf(row: SpendLogRow, price: Price): { lines: Line[]; sumPicoUsd: bigint } {
  const usage = objectIn(row.metadata, 'usage_object');
  const extra = objectIn(row.metadata, 'additional_usage_values');
  const parts: Part[] = [
    ...tokenParts(row, usage, price),
    { label: 'Characters', amount: count(extra['characters']), price: price.perCharacterPicoUsd },
    {
      label: 'Seconds',
      amount: count(extra['audio_seconds']),
      price: price.perSecondPicoUsd,
      isSingle: true,
    },
    { label: 'Request', amount: 1, price: price.perRequestPicoUsd, isSingle: true },
  ];
  const priced = parts.filter(({ price: unit, amount }) => unit !== null && amount > 0);
  return {
    lines: priced.map(lineOf),
    sumPicoUsd: priced.reduce((sum, part) => sum + chargeOf(part), 0n),
  };
}

/** What the prompt cache had or took is part of the input, with a price of its own where there is one. */
function tokenParts(row: SpendLogRow, usage: JsonObject, price: Price): Part[] {
  const prices = tokenPricesOf(price, row.prompt_tokens);
  const details = objectIn(usage, 'prompt_tokens_details');
  const written = count(details['cache_creation_tokens']);
  const forAnHour = count(objectIn(details, 'cache_creation_token_details')['ephemeral_1h_input_tokens']);
  const writePrice = prices.cacheWritePerTokenPicoUsd;
  const own: Part[] = [
    {
      label: 'Cached input',
      amount: count(details['cached_tokens']),
      price: prices.cachedInputPerTokenPicoUsd,
    },
    { label: 'Written to cache', amount: written - forAnHour, price: writePrice },
    {
      label: 'Written for an hour',
      amount: forAnHour,
      price: prices.cacheWriteHourPerTokenPicoUsd ?? writePrice,
    },
  ];
  const elsewhere = own.reduce((sum, { amount, price: unit }) => (unit === null ? sum : sum + amount), 0);
  return [
    { label: 'Input', amount: row.prompt_tokens - elsewhere, price: prices.inputPerTokenPicoUsd },
    ...own,
    { label: 'Output', amount: row.completion_tokens, price: prices.outputPerTokenPicoUsd },
  ];
}

function lineOf(part: Part): Line {
  const { label, amount, price, isSingle = false } = part;
  const unit = price ?? 0n;
  return {
    label,
    amount: amount.toLocaleString('en-US'),
    op: '×',
    price: isSingle ? exactMoney(unit) : `${exactMoney(unit * PER_MILLION).replace(/0{1,7}$/, '')} / 1 M`,
    sum: exactMoney(chargeOf(part)),
  };
}

/** Seconds have three decimals; everything else is whole. */
const chargeOf = ({ amount, price }: Part): bigint =>
  (BigInt(Math.round(amount * 1000)) * (price ?? 0n) + 500n) / 1000n;

const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
