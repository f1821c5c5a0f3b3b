import { ChoiceField, type JsonObject, readDto, TextField } from '@app/call';
import { judgePeriod, readTime } from './report-period.js';

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

/** @throws BadRequestError naming the parameter that is wrong */
export function readSpendLogsQuery(query: Readonly<Record<string, unknown>>): SpendLogsQuery {
  const given = readDto(SpendLogsParameters, query as JsonObject);
  const startDate = given.start_date ? readTime('start_date', given.start_date, 'start') : undefined;
  const endDate = given.end_date ? readTime('end_date', given.end_date, 'end') : undefined;
  if (startDate && endDate) judgePeriod({ startDate, endDate });
  return {
    ...(given.request_id && { requestId: given.request_id }),
    ...(given.api_key && { key: given.api_key }),
    ...(given.user_id && { userId: given.user_id }),
    ...(startDate && { startDate }),
    ...(endDate && { endDate }),
    summarize: given.summarize?.toLowerCase() !== 'false',
  };
}
