import { BadRequestError, ChoiceField, type JsonObject, readDto, TextField } from '@app/call';

class SpendLogsParameters {
  @TextField() request_id?: string;
  @TextField() api_key?: string;
  @TextField() user_id?: string;
  @TextField() start_date?: string;
  @TextField() end_date?: string;
  @ChoiceField('true', 'false', 'True', 'False') summarize?: string;
}

/** What `GET /spend/logs` was asked for; times are UTC. */
export interface SpendLogsQuery {
  readonly requestId?: string;
  /** A key (`sk-…`) or its hash. */
  readonly key?: string;
  readonly userId?: string;
  readonly startDate?: Date;
  /** Exclusive: a date without a time means that whole day. */
  readonly endDate?: Date;
  readonly summarize: boolean;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?$/;
const DAY_MS = 86_400_000;
const MAX_DAYS = 1_000;

/** @throws BadRequestError naming the parameter that is wrong */
export function readSpendLogsQuery(query: Readonly<Record<string, unknown>>): SpendLogsQuery {
  const given = readDto(SpendLogsParameters, query as JsonObject);
  const startDate = given.start_date ? readTime('start_date', given.start_date, 0) : undefined;
  const endDate = given.end_date ? readTime('end_date', given.end_date, DAY_MS) : undefined;
  if (startDate && endDate) judgeRange(startDate, endDate);
  return {
    ...(given.request_id && { requestId: given.request_id }),
    ...(given.api_key && { key: given.api_key }),
    ...(given.user_id && { userId: given.user_id }),
    ...(startDate && { startDate }),
    ...(endDate && { endDate }),
    summarize: given.summarize?.toLowerCase() !== 'false',
  };
}

/** `dayMs` is added to a date without a time. */
function readTime(name: string, text: string, dayMs: number): Date {
  const isDate = DATE.test(text);
  const time = new Date(isDate ? `${text}T00:00:00Z` : withZone(text.replace(' ', 'T')));
  const isValid = (isDate || DATE_TIME.test(text)) && !Number.isNaN(time.getTime());
  // 2026-02-30 would quietly become the second of March.
  if (!isValid || (isDate && time.toISOString().slice(0, 10) !== text)) {
    throw new BadRequestError(
      `${name} must be a date such as 2026-01-31 or 2026-01-31 18:00:00 (UTC).`,
      name,
    );
  }
  return new Date(time.getTime() + (isDate ? dayMs : 0));
}

function withZone(text: string): string {
  return /(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
}

function judgeRange(startDate: Date, endDate: Date): void {
  if (endDate <= startDate) throw new BadRequestError('end_date must not be before start_date.', 'end_date');
  if (endDate.getTime() - startDate.getTime() > MAX_DAYS * DAY_MS) {
    throw new BadRequestError(`A report covers at most ${MAX_DAYS} days.`, 'end_date');
  }
}
