import { type Deployment, type Price } from '@app/call';
import { type SpendLogRow } from '@app/spend';
import { objectIn, picoOf, textIn } from './calls.view.js';
import { exactMoney, shownCount } from './shown-values.js';

interface Line {
  readonly label: string;
  readonly amount: string;
  readonly op: string;
  readonly price: string;
  readonly sum: string;
}

const PER_MILLION = 1_000_000n;

/** How the cost came about, if the price of then is still the price of now; else only the sum. */
export function costView(row: SpendLogRow, deployment: Deployment | null): object {
  const charged = picoOf(row);
  const version = textIn(row.metadata, 'price_version');
  const sub = row.metadata['unpriced'] === true ? 'this model has no price' : '';
  const isPriceOfThen = deployment !== null && deployment.price.version === version;
  const { lines, sumPicoUsd } = isPriceOfThen
    ? linesOf(row, deployment.price)
    : { lines: [] as Line[], sumPicoUsd: charged };
  return {
    sub,
    lines,
    total: exactMoney(charged),
    note: noteOf({ isPriceOfThen, adds: sumPicoUsd === charged, charged }),
  };
}

function noteOf({
  isPriceOfThen,
  adds,
  charged,
}: {
  isPriceOfThen: boolean;
  adds: boolean;
  charged: bigint;
}): string {
  if (!isPriceOfThen) return charged === 0n ? '' : 'The price has changed since, so only the sum is shown.';
  return adds ? '' : 'The price has parts that are not drawn here; the total is what was charged.';
}

function linesOf(row: SpendLogRow, price: Price): { lines: Line[]; sumPicoUsd: bigint } {
  const usage = objectIn(row.metadata, 'usage_object');
  const cached = count(objectIn(usage, 'prompt_tokens_details')['cached_tokens']);
  const extra = objectIn(row.metadata, 'additional_usage_values');
  const cachedPrice = price.cachedInputPerTokenPicoUsd;
  const fresh = cachedPrice === null ? row.prompt_tokens : row.prompt_tokens - cached;
  const parts: [string, number, bigint | null, 'million' | 'each'][] = [
    ['Input', fresh, price.inputPerTokenPicoUsd, 'million'],
    ['Cached input', cached, cachedPrice, 'million'],
    ['Output', row.completion_tokens, price.outputPerTokenPicoUsd, 'million'],
    ['Characters', count(extra['characters']), price.perCharacterPicoUsd, 'million'],
    ['Request', 1, price.perRequestPicoUsd, 'each'],
  ];
  const priced = parts.filter(([, amount, unit]) => unit !== null && amount > 0);
  const lines = priced.map(([label, amount, unit, per]) => ({
    label,
    amount: shownCount(amount),
    op: '×',
    price:
      per === 'million'
        ? `${exactMoney((unit ?? 0n) * PER_MILLION).replace(/0{1,7}$/, '')} / 1 M`
        : exactMoney(unit ?? 0n),
    sum: exactMoney(BigInt(Math.round(amount)) * (unit ?? 0n)),
  }));
  const sumPicoUsd = priced.reduce(
    (sum, [, amount, unit]) => sum + BigInt(Math.round(amount)) * (unit ?? 0n),
    0n,
  );
  return { lines, sumPicoUsd };
}

const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
