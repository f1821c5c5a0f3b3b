import { BadRequestError } from '@app/call';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?$/;
const DAY_MS = 86_400_000;
const MAX_DAYS = 1_000;
/** What the reports without dates tell of. */
const USUAL_DAYS = 30;

/** Days in UTC, both inclusive: `2026-01-31`. */
export interface ReportDays {
  readonly startDay: string;
  readonly endDay: string;
}

/** Instants: from the start inclusive to the end exclusive. */
export interface ReportPeriod {
  readonly startDate: Date;
  readonly endDate: Date;
}

/**
 * A date (`2026-01-31`) or an instant (`2026-01-31 18:00:00`), UTC unless it names a zone; a date without a time, given
 * as the end, means that whole day. @throws BadRequestError naming the parameter
 */
export function readTime(name: string, text: string, side: 'start' | 'end'): Date {
  const isDate = DATE.test(text);
  const time = new Date(isDate ? `${text}T00:00:00Z` : withZone(text.replace(' ', 'T')));
  const isValid = (isDate || DATE_TIME.test(text)) && !Number.isNaN(time.getTime());
  // 2026-02-30 would quietly become the second of March.
  if (!isValid || (isDate && dayOf(time) !== text)) {
    throw new BadRequestError(
      `${name} must be a date such as 2026-01-31 or 2026-01-31 18:00:00 (UTC).`,
      name,
    );
  }
  return new Date(time.getTime() + (isDate && side === 'end' ? DAY_MS : 0));
}

/** @throws BadRequestError when the end is not after the start, or too far from it */
export function judgePeriod({ startDate, endDate }: ReportPeriod): void {
  if (endDate <= startDate) throw new BadRequestError('end_date must not be before start_date.', 'end_date');
  if (endDate.getTime() - startDate.getTime() > MAX_DAYS * DAY_MS) {
    throw new BadRequestError(`A report covers at most ${MAX_DAYS} days.`, 'end_date');
  }
}

/** Both ends must be given. @throws BadRequestError naming the parameter that is missing or wrong */
export function needPeriod(start: string | null | undefined, end: string | null | undefined): ReportPeriod {
  if (!start) throw missing('start_date');
  if (!end) throw missing('end_date');
  const period = {
    startDate: readTime('start_date', start, 'start'),
    endDate: readTime('end_date', end, 'end'),
  };
  judgePeriod(period);
  return period;
}

/** The days that a period touches. */
export function daysOf({ startDate, endDate }: ReportPeriod): ReportDays {
  return { startDay: dayOf(startDate), endDay: dayOf(new Date(endDate.getTime() - 1)) };
}

/** The days between two parameters; without any the last 30 days. @throws BadRequestError */
export function readDays(start: string | null | undefined, end: string | null | undefined): ReportDays {
  if (start || end) return daysOf(needPeriod(start, end));
  const now = Date.now();
  return { startDay: dayOf(new Date(now - (USUAL_DAYS - 1) * DAY_MS)), endDay: dayOf(new Date(now)) };
}

/** Every day of a report, oldest first. */
export function eachDay({ startDay, endDay }: ReportDays): string[] {
  const days: string[] = [];
  for (let time = Date.parse(startDay); time <= Date.parse(endDay); time += DAY_MS) {
    days.push(dayOf(new Date(time)));
  }
  return days;
}

function missing(name: string): BadRequestError {
  return new BadRequestError(`Please provide ${name} (YYYY-MM-DD).`, name);
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function withZone(text: string): string {
  return /(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
}
