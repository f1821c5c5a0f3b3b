import { ChoiceField, type JsonObject, readDto, TextField } from '@app/call';
import { type SpendLogFilter, type SpendLogSort } from '@app/spend';
import { hashOf } from '../visible-spend.js';
import { readAmount, readWhole } from './query-numbers.js';
import { needPeriod, type ReportPeriod } from './report-period.js';

class SpendPageParameters {
  @TextField() start_date?: string;
  @TextField() end_date?: string;
  @TextField() api_key?: string;
  @TextField() user_id?: string;
  @TextField() request_id?: string;
  @TextField() session_id?: string;
  @TextField() team_id?: string;
  @TextField() min_spend?: string;
  @TextField() max_spend?: string;
  @ChoiceField('success', 'failure', '') status_filter?: string;
  @TextField() model?: string;
  @TextField() model_id?: string;
  @TextField() key_alias?: string;
  @TextField() end_user?: string;
  @TextField() error_code?: string;
  @TextField() error_message?: string;
  @ChoiceField('spend', 'total_tokens', 'startTime', 'endTime', '') sort_by?: string;
  @ChoiceField('asc', 'desc', '') sort_order?: string;
  @TextField() page?: string;
  @TextField() page_size?: string;
  @TextField() cursor?: string;
}

/** One page of rows, as a client asks for it. */
export interface SpendPageQuery {
  readonly filter: SpendLogFilter & ReportPeriod;
  readonly sort: SpendLogSort;
  readonly ascending: boolean;
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
  readonly cursor: string | null;
}

const MAX_PAGE = 1_000_000;
const MAX_PAGE_SIZE = 1_000;

/** @throws BadRequestError naming the parameter that is missing or wrong */
export function readSpendPageQuery(query: Readonly<Record<string, unknown>>): SpendPageQuery {
  const given = readDto(SpendPageParameters, query as JsonObject);
  return {
    filter: filterOf(given),
    sort: (given.sort_by || 'startTime') as SpendLogSort,
    ascending: given.sort_order === 'asc',
    page: readWhole('page', given.page, { min: 1, max: MAX_PAGE, fallback: 1 }),
    pageSize: readWhole('page_size', given.page_size, { min: 1, max: MAX_PAGE_SIZE, fallback: 50 }),
    cursor: given.cursor || null,
  };
}

function filterOf(given: SpendPageParameters): SpendLogFilter & ReportPeriod {
  const errorCode = readWhole('error_code', given.error_code, { min: 100, max: 599, fallback: 0 });
  return {
    ...needPeriod(given.start_date, given.end_date),
    ...(given.api_key && { keyHash: hashOf(given.api_key) }),
    ...(given.user_id && { userId: given.user_id }),
    ...(given.request_id && { requestId: given.request_id }),
    ...(given.session_id && { sessionId: given.session_id }),
    ...(given.team_id && { teamId: given.team_id }),
    ...(given.min_spend && { minPicoUsd: readAmount('min_spend', given.min_spend) }),
    ...(given.max_spend && { maxPicoUsd: readAmount('max_spend', given.max_spend) }),
    ...(given.status_filter && { status: given.status_filter as 'success' | 'failure' }),
    ...(given.model && { model: given.model }),
    ...(given.model_id && { modelId: given.model_id }),
    ...(given.key_alias && { keyAlias: given.key_alias }),
    ...(given.end_user && { endUser: given.end_user }),
    ...(errorCode !== 0 && { errorCode }),
    ...(given.error_message && { errorMessage: given.error_message }),
  };
}
