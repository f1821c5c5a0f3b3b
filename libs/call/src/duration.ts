/** A length of time as clients write it: `30s`, `15m`, `12h`, `30d`, `2w`, `1mo`. */
export interface Duration {
  readonly count: number;
  readonly unit: DurationUnit;
}

export type DurationUnit = 's' | 'm' | 'h' | 'd' | 'w' | 'mo';

const FORMAT = /^(\d{1,12})(mo|[smhdw])$/;
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Null where the text is no duration. */
export function durationFrom(text: string): Duration | null {
  const match = FORMAT.exec(text.trim());
  return match ? { count: Number(match[1]), unit: match[2] as DurationUnit } : null;
}

/**
 * The moment one duration later, in UTC. A month later is the same day of that month, or its last day
 * where the month is shorter. Null where the calendar of JavaScript ends (year 275760).
 */
export function addDuration(from: Date, { count, unit }: Duration): Date | null {
  const later = unit === 'mo' ? addMonths(from, count) : new Date(from.getTime() + count * UNIT_MS[unit]);
  return Number.isNaN(later.getTime()) ? null : later;
}

function addMonths(from: Date, months: number): Date {
  const later = new Date(from);
  later.setUTCDate(1);
  later.setUTCMonth(from.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(later.getUTCFullYear(), later.getUTCMonth() + 1, 0)).getUTCDate();
  later.setUTCDate(Math.min(from.getUTCDate(), lastDay));
  return later;
}
