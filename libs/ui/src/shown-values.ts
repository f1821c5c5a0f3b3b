import { usdText } from '@app/call';

/** Missing. Zero is 0. */
export const MISSING = '–';

/** The share of calls that have no model, key, team … : `No end user`. */
export const nameless = (by: string): string => `No ${by.replaceAll('_', ' ')}`;

const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
const DAY = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

export const shownCount = (count: number): string => COUNT.format(count);

/** `4.47M`: for large numbers that nobody counts. */
export const shortCount = (count: number): string =>
  count < 10_000 ? shownCount(count) : SHORT.format(count);

/** 284 ms, 6.42 s, 2 min 5 s. */
export function shownDuration(ms: number | null): string {
  if (ms === null) return MISSING;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return joined(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const joined = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** Two decimals from $1 on, six below. */
export function shownMoney(picoUsd: bigint): string {
  if (picoUsd === 0n) return '$0.00';
  return withDecimals(picoUsd, picoUsd >= 1_000_000_000_000n ? 2 : 6);
}

/** The same without the zeros at its end, for limits and prices: $0.50, $0.000125. */
export const shortMoney = (picoUsd: bigint): string => shownMoney(picoUsd).replace(/(\.\d\d\d*?)0+$/, '$1');

/** Six decimals, for amounts beside the cost of one call. */
export const fineMoney = (picoUsd: bigint): string => withDecimals(picoUsd, 6);

/** Nine decimals, for a formula whose lines have to add up. */
export const exactMoney = (picoUsd: bigint): string => withDecimals(picoUsd, 9);

function withDecimals(picoUsd: bigint, decimals: number): string {
  const unit = 10n ** BigInt(12 - decimals);
  const rounded = ((picoUsd + unit / 2n) / unit) * unit;
  const [whole = '0', fraction = ''] = usdText(rounded).split('.');
  return `$${COUNT.format(BigInt(whole))}.${fraction.padEnd(decimals, '0')}`;
}

/** `1 request`, `1,204 requests`, `3 entries`. */
export function plural(
  count: number,
  one: string,
  { many = `${one}s`, shown = shownCount }: { many?: string; shown?: (count: number) => string } = {},
): string {
  return `${shown(count)} ${count === 1 ? one : many}`;
}

export function shownPercent(share: number): string {
  const percent = share * 100;
  return `${percent === 0 || percent >= 10 ? percent.toFixed(0) : percent.toFixed(percent >= 0.1 ? 1 : 2)}%`;
}

/** A moment for the `time` partial. The browser's script writes it anew in the zone of its reader. */
export interface ShownTime {
  readonly iso: string;
  readonly exact: string;
  readonly text: string;
  readonly form: 'time' | 'moment' | 'day';
}

export function shownTime(date: Date, form: ShownTime['form'], now = new Date()): ShownTime {
  const iso = date.toISOString();
  const clock = iso.slice(11, 19);
  const isToday = iso.slice(0, 10) === now.toISOString().slice(0, 10);
  const day = DAY.format(date);
  const text = form === 'day' ? day : form === 'time' && isToday ? clock : `${day}, ${clock}`;
  return { iso, exact: `${iso.slice(0, 10)} ${iso.slice(11, 23)} UTC`, text, form };
}
