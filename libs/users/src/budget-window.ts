import { addDuration, type Duration, durationFrom } from '@app/call';

const DAY_MS = 86_400_000;
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS } as const;
/** Years that everybody writes alike: a window that reaches beyond them never ends. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59Z');
/** The first day of 1970 was a Thursday. */
const MONDAY_OFFSET_MS = 4 * DAY_MS;

/** How the windows of a budget lie: their length and where one of them begins. */
export interface BudgetWindows {
  readonly duration: string;
  readonly startsAtMs: number;
}

/**
 * The windows of a key, a user or a team, on the calendar in UTC: `30d` and months from the first of the month, weeks
 * and `7d` from Monday, days from midnight, shorter ones in multiples since midnight.
 */
export function alignedWindows(duration: string, fromMs: number): BudgetWindows {
  const length = durationFrom(duration);
  if (length?.unit === 'mo') return { duration, startsAtMs: startOfMonth(fromMs) };
  if (duration.trim() === '30d') return { duration: '1mo', startsAtMs: startOfMonth(fromMs) };
  if (length?.unit === 'w' || duration.trim() === '7d') return { duration, startsAtMs: startOfWeek(fromMs) };
  return { duration, startsAtMs: floorTo(fromMs, DAY_MS) };
}

/**
 * When a window began, from its length and its end; null where that cannot be told.
 * @param windows `calendar` for keys, users and teams; `own` for budgets
 */
export function windowStart(duration: string, endsAt: Date, windows: 'calendar' | 'own'): Date | null {
  const isOwn = windows === 'own';
  const length = durationFrom(isOwn ? duration : alignedWindows(duration, endsAt.getTime()).duration);
  return length && addDuration(endsAt, { ...length, count: -length.count });
}

/** The window that holds `nowMs`; its end is where the next one begins. A length that cannot be read never ends. */
export function windowAt(
  { duration, startsAtMs }: BudgetWindows,
  nowMs: number,
): { startsAtMs: number; endsAtMs: number } {
  const length = durationFrom(duration);
  if (!length || length.count === 0) return { startsAtMs, endsAtMs: Number.POSITIVE_INFINITY };
  const index = indexOf(length, startsAtMs, nowMs);
  return {
    startsAtMs: boundary(length, startsAtMs, index),
    endsAtMs: boundary(length, startsAtMs, index + 1),
  };
}

function indexOf(length: Duration, startsAtMs: number, nowMs: number): number {
  if (length.unit !== 'mo') return Math.floor((nowMs - startsAtMs) / (length.count * UNIT_MS[length.unit]));
  const months = monthOf(nowMs) - monthOf(startsAtMs);
  const index = Math.floor(months / length.count);
  return boundary(length, startsAtMs, index) > nowMs ? index - 1 : index;
}

function boundary({ count, unit }: Duration, startsAtMs: number, index: number): number {
  const timeMs =
    unit === 'mo'
      ? addDuration(new Date(startsAtMs), { count: index * count, unit })?.getTime()
      : startsAtMs + index * count * UNIT_MS[unit];
  if (timeMs === undefined || timeMs > LAST_MS) return index < 0 ? FIRST_MS : Number.POSITIVE_INFINITY;
  return Math.max(timeMs, FIRST_MS);
}

function monthOf(timeMs: number): number {
  const date = new Date(timeMs);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function startOfMonth(timeMs: number): number {
  const date = new Date(timeMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

const startOfWeek = (timeMs: number): number =>
  floorTo(timeMs - MONDAY_OFFSET_MS, 7 * DAY_MS) + MONDAY_OFFSET_MS;

const floorTo = (timeMs: number, stepMs: number): number => Math.floor(timeMs / stepMs) * stepMs;
