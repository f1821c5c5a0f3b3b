import { type SpendLogFilter } from './spend-log-filter.js';

/** Part of a filter's time. */
export interface TimeWindow {
  readonly startDate?: Date;
  readonly endDate?: Date;
}

const DAY_MS = 86_400_000;
/** Planning costs more than reading where there are many partitions: first the days in which a page most likely lies. */
const WIDTHS_MS = [2 * DAY_MS, 16 * DAY_MS];

/**
 * Ever wider windows in which to look for a page in the order of time; the last is all that the filter allows. `fromMs`
 * is where an earlier page ended.
 */
export function pageWindows(
  filter: SpendLogFilter,
  ascending: boolean,
  fromMs: number | null,
  nowMs = Date.now(),
): TimeWindow[] {
  const startMs = filter.startDate?.getTime() ?? -Infinity;
  const endMs = filter.endDate?.getTime() ?? Infinity;
  const first = ascending ? Math.max(startMs, fromMs ?? -Infinity) : startMs;
  // Ends are exclusive, and the row at which a page ended may share its instant with others.
  const last = ascending || fromMs === null ? endMs : Math.min(endMs, fromMs + 1);
  const windows = WIDTHS_MS.map((width) =>
    ascending
      ? { first, last: Math.min(last, first + width) }
      : { first: Math.max(first, Math.min(last, nowMs) - width), last },
  );
  const narrower = windows.filter((window) => window.first > first || window.last < last);
  return [...narrower, { first, last }].map(({ first: from, last: to }) => ({
    ...(Number.isFinite(from) && { startDate: new Date(from) }),
    ...(Number.isFinite(to) && { endDate: new Date(to) }),
  }));
}
