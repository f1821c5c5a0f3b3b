import { containing } from '@app/database';
import { type WordTexts } from './word-texts.js';
import { Where } from './where.js';

/** Which rows to read; what is absent does not narrow. */
export interface SpendLogFilter {
  /** A response id, a call id or our own id. */
  readonly requestId?: string;
  /** SHA-256 of the key, in hex. */
  readonly keyHash?: string;
  readonly keyAlias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  /** The name that was sent upstream. */
  readonly model?: string;
  /** A deployment's id. */
  readonly modelId?: string;
  readonly endUser?: string;
  readonly status?: 'success' | 'failure';
  readonly minPicoUsd?: bigint;
  readonly maxPicoUsd?: bigint;
  /** The HTTP status that the client saw. */
  readonly errorCode?: number;
  /** Part of the error's message, in either case. */
  readonly errorMessage?: string;
  /** The call id that the rows of a session share. */
  readonly sessionId?: string;
  /** Inclusive. */
  readonly startDate?: Date;
  /** Exclusive. */
  readonly endDate?: Date;
}

type CodeFilter = 'keyHash' | 'keyAlias' | 'userId' | 'teamId' | 'model' | 'modelId';

const CODES: Readonly<Record<CodeFilter, string>> = {
  keyHash: 'key_code',
  keyAlias: 'key_alias_code',
  userId: 'user_code',
  teamId: 'team_code',
  model: 'model_code',
  modelId: 'deployment_code',
};

/** What the daily totals know too. */
const DAILY_FILTERS: ReadonlySet<string> = new Set([
  'keyHash',
  'userId',
  'teamId',
  'model',
  'modelId',
  'startDate',
  'endDate',
]);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Between the making of an id and the start of its call. */
const ID_SLACK_MS = 60_000;
const DAY_MS = 86_400_000;
const FAILED = 400;

/** Null: no row can match. `time` is the column of the table that is read. */
export async function whereOf(
  filter: SpendLogFilter,
  words: WordTexts,
  time: 'started_at' | 'day' = 'started_at',
): Promise<Where | null> {
  const where = new Where();
  if (filter.startDate) where.add(`${time} >= ?`, timeOf(filter.startDate, time));
  if (filter.endDate) where.add(`${time} <= ?`, timeOf(new Date(filter.endDate.getTime() - 1), time));
  for (const [name, column] of Object.entries(CODES)) {
    const word = filter[name as CodeFilter];
    if (word === undefined) continue;
    const code = await words.codeOf(word);
    if (code === null) return null;
    where.add(`${column} = ?`, code);
  }
  addDetails(where, filter);
  if (filter.requestId !== undefined) addRequest(where, filter.requestId);
  return where;
}

/** Whether the daily totals can tell how many rows match. */
export function isDaily(filter: SpendLogFilter): boolean {
  const isWhole = ({ startDate, endDate }: SpendLogFilter) =>
    [startDate, endDate].every((date) => date === undefined || date.getTime() % DAY_MS === 0);
  return Object.keys(filter).every((name) => DAILY_FILTERS.has(name)) && isWhole(filter);
}

/** Whether nothing but days narrows the filter. */
export function isWholeDays(filter: SpendLogFilter): boolean {
  return isDaily(filter) && Object.keys(filter).every((name) => name === 'startDate' || name === 'endDate');
}

function addDetails(where: Where, filter: SpendLogFilter): void {
  const { endUser, status, minPicoUsd, maxPicoUsd, errorCode, errorMessage, sessionId } = filter;
  if (endUser !== undefined) where.add('end_user = ?', endUser);
  if (status !== undefined) where.add(`status ${status === 'success' ? '<' : '>='} ?`, FAILED);
  if (minPicoUsd !== undefined) where.add('cost_pico_usd >= ?', String(minPicoUsd));
  if (maxPicoUsd !== undefined) where.add('cost_pico_usd <= ?', String(maxPicoUsd));
  if (errorCode !== undefined) where.add('status = ?', errorCode);
  if (sessionId !== undefined) where.add('call_id = ?', sessionId);
  if (errorMessage !== undefined) {
    // Said of failures alone, which have an index of their own.
    where.add(`status >= ${FAILED} AND error_message ILIKE ?`, containing(errorMessage));
  }
}

/** Our own ids carry their time, so that the primary key finds them without a look at every day. */
function addRequest(where: Where, requestId: string): void {
  if (!UUID.test(requestId)) {
    where.add('(call_id = ? OR response_id = ?)', requestId, requestId);
    return;
  }
  const madeMs = Number.parseInt(requestId.replaceAll('-', '').slice(0, 12), 16);
  where.add(
    '(call_id = ? OR response_id = ? OR (started_at BETWEEN ? AND ? AND id = ?))',
    requestId,
    requestId,
    new Date(madeMs - ID_SLACK_MS),
    new Date(madeMs + ID_SLACK_MS),
    requestId,
  );
}

function timeOf(date: Date, column: 'started_at' | 'day'): Date | string {
  return column === 'day' ? date.toISOString().slice(0, 10) : date;
}
