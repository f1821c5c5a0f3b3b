import { picoUsdFrom, Secret } from '@app/call';
import { kindOf, type ScalarNode } from './config-node.js';
import { nearestName } from './nearest-name.js';
import { type Parse } from './section.js';

/** Beyond this a timer of Node fires at once: 2^31 - 1 milliseconds. */
const LONGEST_TIMER_SECONDS = 2_147_483;
const DECIMAL = /^[+-]?(\d+(_\d+)*(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const DURATION = /^(\d{1,9})(mo|[smhdw])$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  mo: 30 * 86_400_000,
};

/** Wraps a judgement of one scalar; lists and mappings are a problem. */
function scalar<T>(wanted: string, remedy: string, judge: (node: ScalarNode) => T | null): Parse<T> {
  return (node, findings) => {
    const value = node.kind === 'scalar' ? judge(node) : null;
    return value ?? findings.problem(node, `${wanted} belongs here; ${complaint(node)}.`, remedy);
  };
}

/** Says what is wrong without repeating the value, which may be a secret. */
function complaint(node: Parameters<typeof kindOf>[0]): string {
  return node.kind === 'scalar' && typeof node.value !== 'boolean'
    ? 'this is none'
    : `this is ${kindOf(node)}`;
}

export const asText = scalar('Text', 'Write one line of text.', ({ text }) => text);

/** A credential: visible ASCII, so that a header can carry it. */
export const asSecret = scalar(
  'A key',
  'Look for spaces, line breaks, quotes or letters with accents that were copied along.',
  ({ text }) => {
    const key = text.trim();
    return /^[\x21-\x7e]+$/.test(key) && !/^(["']).*\1$/.test(key) ? new Secret(key) : null;
  },
);

/** What people call a model, a tool or a credential. */
export const asName = scalar(
  'A name of at most 256 characters',
  'Write one line of text without control characters.',
  ({ text }) => (text.length <= 256 && !/\p{Cc}/u.test(text) ? text : null),
);

export const asFlag = scalar('`true` or `false`', 'Write true or false.', ({ text }) => {
  if (/^(true|yes|on|1)$/i.test(text.trim())) return true;
  return /^(false|no|off|0)$/i.test(text.trim()) ? false : null;
});

export interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
}

export function asNumber({
  min = 0,
  max = Number.MAX_SAFE_INTEGER,
  whole = false,
}: Range = {}): Parse<number> {
  const kind = whole ? 'A whole number' : 'A number';
  const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return scalar(`${kind} ${bounds}`, `Write ${kind.toLowerCase()} ${bounds}, without a unit.`, (node) => {
    const value = decimal(node);
    return value === null || value < min || value > max || (whole && !Number.isInteger(value)) ? null : value;
  });
}

export const asCount = asNumber({ whole: true });

/** Seconds as a number, or a duration such as `10m`; gives milliseconds. */
export const asSecondsMs = scalar(
  'A time in seconds, of at most 24 days,',
  'Write seconds (600) or a duration (10m).',
  (node) => {
    const ms = durationMs(node.text.trim());
    const seconds = ms === null ? decimal(node) : ms / 1_000;
    const usable = seconds !== null && seconds >= 0 && seconds <= LONGEST_TIMER_SECONDS;
    return usable ? Math.round(seconds * 1_000) : null;
  },
);

const DURATION_REMEDY = 'Write a number with s, m, h, d, w or mo behind it, such as 30d.';

/** `7d` in milliseconds; a month counts 30 days. */
export const asDurationMs = scalar('A duration', DURATION_REMEDY, ({ text }) => durationMs(text.trim()));

/** `30d`, checked and kept as text: months have no length of their own. */
export const asDurationText = scalar('A duration', DURATION_REMEDY, ({ text }) =>
  DURATION.test(text.trim()) ? text.trim() : null,
);

/** A trillion dollars: PostgreSQL's numeric(38,12) holds it, and sums of it. */
const LARGEST_BUDGET = 10n ** 24n;
/** A million dollars per unit: no single call may cost more. */
const LARGEST_PRICE = 10n ** 18n;

function picoUsdUpTo(largest: bigint, text: string): bigint | null {
  const amount = picoUsdFrom(text);
  return amount === null || amount < 0n || amount > largest ? null : amount;
}

/** A budget in USD; gives pico-dollars. */
export const asBudget = scalar(
  'An amount in USD, of 0 or more,',
  'Write a decimal number such as 100 or 0.5.',
  ({ text }) => picoUsdUpTo(LARGEST_BUDGET, text),
);

const PRICE_WANTED = 'A price in USD, of 0 or more,';
const PRICE_REMEDY = 'Write USD per unit: 0.0000015, 1.5e-6 or "1.5e-6".';

/** A price in USD; gives pico-dollars. */
export const asPrice = scalar(PRICE_WANTED, PRICE_REMEDY, ({ text }) => picoUsdUpTo(LARGEST_PRICE, text));

/** A price in USD, judged and kept as it was written, so that no digit is lost. */
export const asPriceText = scalar(PRICE_WANTED, PRICE_REMEDY, ({ text }) =>
  picoUsdUpTo(LARGEST_PRICE, text) === null ? null : text.trim(),
);

export function asOneOf<T extends string>(choices: readonly T[]): Parse<T> {
  return (node, findings) => {
    const text = node.kind === 'scalar' ? node.text.trim().toLowerCase() : '';
    const choice = choices.find((known) => known.toLowerCase() === text);
    if (choice !== undefined) return choice;
    const near = nearestName(text, choices);
    const remedy =
      near === null
        ? `Write one of: ${choices.join(', ')}.`
        : `Did you mean \`${near}\`? Known: ${choices.join(', ')}.`;
    return findings.problem(node, 'This is none of the values that are known.', remedy);
  };
}

function decimal({ value, text }: ScalarNode): number | null {
  if (typeof value === 'boolean') return null;
  const plain = text.trim();
  const number =
    typeof value === 'number' ? value : DECIMAL.test(plain) ? Number(plain.replaceAll('_', '')) : NaN;
  return Number.isFinite(number) ? number : null;
}

function durationMs(text: string): number | null {
  const [, count, unit = ''] = DURATION.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return count === undefined || unitMs === undefined ? null : Number(count) * unitMs;
}
