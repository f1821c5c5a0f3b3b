import { BadRequestError } from '@app/call';
import { readWhole } from './query-numbers.js';
import { daysOf, needPeriod, type ReportDays } from './report-period.js';

/** Which days of activity to tell, and how many of them at once. */
export interface ActivityQuery extends ReportDays {
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
}

export interface ActivityPeriod {
  readonly start_date?: string | null;
  readonly end_date?: string | null;
  readonly page?: string | null;
  readonly page_size?: string | null;
  readonly timezone?: string | null;
}

const PAGE = { min: 1, max: 1_000_000, fallback: 1 };
const PAGE_SIZE = { min: 1, max: 1_000, fallback: 50 };
const ZONE = /^-?\d{1,4}$/;

/**
 * Days are days in UTC: the totals know no others. `timezone` is what browsers send along; it is read and changes
 * nothing. @throws BadRequestError naming the parameter that is missing or wrong
 */
export function readActivityQuery(given: ActivityPeriod): ActivityQuery {
  if (given.timezone && !ZONE.test(given.timezone)) {
    throw new BadRequestError('timezone must be an offset in minutes.', 'timezone');
  }
  return {
    ...daysOf(needPeriod(given.start_date, given.end_date)),
    page: readWhole('page', given.page, PAGE),
    pageSize: readWhole('page_size', given.page_size, PAGE_SIZE),
  };
}
