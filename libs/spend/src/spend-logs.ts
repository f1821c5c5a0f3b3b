import { Injectable } from '@nestjs/common';
import { BadRequestError } from '@app/call';
import { ReportDatabase } from '@app/database';
import { DayCounts } from './day-counts.js';
import { pageWindows } from './page-windows.js';
import { CODE_COLUMNS, type SpendLogRow, type StoredRow, toSpendLogRow } from './spend-log-row.js';
import { SpendAttempts } from './spend-attempts.js';
import { isDaily, isWholeDays, type SpendLogFilter, whereOf } from './spend-log-filter.js';
import { StoredPrompts } from './stored-prompts.js';
import { WordTexts } from './word-texts.js';

/** What a list of rows can be ordered by. */
export type SpendLogSort = 'startTime' | 'endTime' | 'spend' | 'total_tokens';

/** One page of rows. */
export interface SpendLogPage {
  readonly limit: number;
  /** Rows to leave out at the beginning; at most {@link MAX_OFFSET}. */
  readonly offset?: number;
  /** Where an earlier page ended (`next`), in the order of `startTime`; then `offset` counts from there. */
  readonly cursor?: string;
  /** Default: `startTime`. */
  readonly sort?: SpendLogSort;
  /** Default: false, the newest or the highest first. */
  readonly ascending?: boolean;
}

export interface SpendLogPageResult {
  readonly rows: SpendLogRow[];
  /** The cursor of the page that follows; null at the end, and in any order but that of `startTime`. */
  readonly next: string | null;
}

export interface RowCount {
  readonly rows: number;
  /** There are more: counting ended at {@link MAX_COUNT}. */
  readonly isCapped: boolean;
}

/** What was spent on one day, by user, model and key. */
export interface DailySpend {
  /** `2026-01-31`, UTC. */
  readonly day: string;
  readonly picoUsd: bigint;
  readonly byUser: ReadonlyMap<string, bigint>;
  readonly byModel: ReadonlyMap<string, bigint>;
  /** By the key's hash. */
  readonly byKey: ReadonlyMap<string, bigint>;
}

/** PostgreSQL walks over what it leaves out; beyond this a cursor or a shorter period is the way. */
const MAX_OFFSET = 10_000;
const MAX_COUNT = 10_000;

const ORDERS: Readonly<Record<SpendLogSort, string>> = {
  startTime: 'started_at',
  endTime: "started_at + duration_ms * interval '1 millisecond'",
  spend: 'cost_pico_usd',
  total_tokens: 'prompt_tokens + completion_tokens',
};

/** Reads rows and daily sums; on the connections for reports. */
@Injectable()
export class SpendLogs {
  private readonly days: DayCounts;

  constructor(
    private readonly database: ReportDatabase,
    private readonly words: WordTexts,
    private readonly attempts: SpendAttempts,
    private readonly prompts: StoredPrompts,
  ) {
    this.days = new DayCounts(database);
  }

  /** Newest first. */
  async find({ limit, ...filter }: SpendLogFilter & { readonly limit: number }): Promise<SpendLogRow[]> {
    return (await this.page(filter, { limit })).rows;
  }

  /** @throws BadRequestError for a page too deep or a cursor that is none, UnavailableError */
  async page(filter: SpendLogFilter, page: SpendLogPage): Promise<SpendLogPageResult> {
    const { limit, offset = 0, sort = 'startTime', ascending = false } = page;
    if (offset > MAX_OFFSET) throw tooDeep();
    const from = page.cursor === undefined ? null : readCursor(page.cursor);
    const isInTime = sort === 'startTime' && filter.requestId === undefined && filter.sessionId === undefined;
    const windows = isInTime ? pageWindows(filter, ascending, from && from.timeMs) : [{}];
    let rows: StoredRow[] = [];
    for (const window of windows) {
      rows = await this.read({ ...filter, ...window }, { limit, offset, sort, ascending }, from);
      if (rows.length === limit) break;
    }
    const text = await this.words.of(rows.flatMap((row) => CODE_COLUMNS.map((column) => row[column])));
    const tries = await this.attempts.of(rows);
    const prompts = await this.prompts.of(filter.requestId === undefined ? [] : rows);
    const last = rows.length === limit && sort === 'startTime' ? rows.at(-1) : undefined;
    return {
      rows: rows.map((row) => toSpendLogRow(row, text, tries.get(row.id), prompts.get(row.id))),
      next: last ? `${last.started_at.getTime()}.${last.id}` : null,
    };
  }

  private async read(
    filter: SpendLogFilter,
    { limit, offset, sort, ascending }: Required<Omit<SpendLogPage, 'cursor'>>,
    from: Cursor | null,
  ): Promise<StoredRow[]> {
    const where = await whereOf(filter, this.words);
    if (!where) return [];
    if (from) where.add(`(started_at, id) ${ascending ? '>' : '<'} (?, ?)`, new Date(from.timeMs), from.id);
    const direction = ascending ? 'ASC' : 'DESC';
    const order = [ORDERS[sort], ...(sort === 'startTime' ? [] : ['started_at']), 'id'];
    return this.database.query<StoredRow>(
      `SELECT * FROM spend_logs ${where.text} ORDER BY ${order.map((one) => `${one} ${direction}`).join(', ')}
       LIMIT ${Math.floor(limit)} OFFSET ${Math.floor(offset)}`,
      where.values,
    );
  }

  /** From the daily totals where they know; else rows are counted, up to a limit. */
  async count(filter: SpendLogFilter): Promise<RowCount> {
    if (isWholeDays(filter)) {
      const { startDate, endDate } = filter;
      const startDay = startDate ? dayOf(startDate.getTime()) : '';
      const endDay = endDate ? dayOf(endDate.getTime() - 1) : LAST_DAY;
      return { rows: await this.days.between(startDay, endDay), isCapped: false };
    }
    const fromTotals = isDaily(filter);
    const where = await whereOf(filter, this.words, fromTotals ? 'day' : 'started_at');
    if (!where) return { rows: 0, isCapped: false };
    const [found] = await this.database.query<{ rows: number }>(
      fromTotals
        ? `SELECT coalesce(sum(requests), 0)::float8 AS rows FROM spend_daily ${where.text}`
        : `SELECT count(*)::float8 AS rows FROM (SELECT FROM spend_logs ${where.text} LIMIT ${MAX_COUNT + 1}) AS found`,
      where.values,
    );
    const rows = found?.rows ?? 0;
    const isCapped = !fromTotals && rows > MAX_COUNT;
    return { rows: isCapped ? MAX_COUNT : rows, isCapped };
  }

  /** Days with spend, oldest first, from the daily totals. */
  async daily(
    filter: Pick<SpendLogFilter, 'keyHash' | 'userId' | 'startDate' | 'endDate'>,
  ): Promise<DailySpend[]> {
    const where = await whereOf(filter, this.words, 'day');
    if (!where) return [];
    const rows = await this.database.query<DailyRow>(
      `SELECT day::text AS day, key_code, user_code, model_code, model_group_code, sum(cost_pico_usd)::text AS cost,
         grouping(key_code, user_code, model_code) AS left_out
       FROM spend_daily ${where.text}
       GROUP BY GROUPING SETS ((day, key_code), (day, user_code), (day, model_code, model_group_code))
       ORDER BY spend_daily.day, sum(cost_pico_usd) DESC`,
      where.values,
    );
    const codes = rows.flatMap((row) => [row.key_code, row.user_code, row.model_code, row.model_group_code]);
    const text = await this.words.of(codes);
    const days = Map.groupBy(rows, ({ day }) => day);
    return [...days].map(([day, spent]) => toDailySpend(day, spent, text));
  }
}

/** A sum by key, by user or by model: the columns of the others are null. */
interface DailyRow {
  readonly day: string;
  readonly key_code: number | null;
  readonly user_code: number | null;
  readonly model_code: number | null;
  readonly model_group_code: number | null;
  readonly cost: string;
  /** Bits of the columns that the sum is not grouped by. */
  readonly left_out: number;
}

const BY_KEY = 0b011;
const BY_USER = 0b101;

const CURSOR = /^(\d{1,15})\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

interface Cursor {
  readonly timeMs: number;
  readonly id: string;
}

function readCursor(cursor: string): Cursor {
  const match = CURSOR.exec(cursor);
  const timeMs = Number(match?.[1]);
  if (!match?.[2] || Number.isNaN(new Date(timeMs).getTime())) {
    throw new BadRequestError('cursor must be the next_cursor of an earlier page.', 'cursor');
  }
  return { timeMs, id: match[2] };
}

const LAST_DAY = '9999-12-31';

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function tooDeep(): BadRequestError {
  return new BadRequestError(
    `Pages reach ${MAX_OFFSET} rows deep. Choose a shorter period, or go on with the next_cursor of a page as \`cursor\`.`,
    'page',
  );
}

function toDailySpend(
  day: string,
  rows: readonly DailyRow[],
  text: (code: number | null) => string | null,
): DailySpend {
  const sums = {
    byUser: new Map<string, bigint>(),
    byModel: new Map<string, bigint>(),
    byKey: new Map<string, bigint>(),
  };
  let picoUsd = 0n;
  for (const row of rows) {
    const cost = BigInt(row.cost);
    if (row.left_out === BY_KEY) {
      picoUsd += cost;
      add(sums.byKey, text(row.key_code) ?? '', cost);
    } else if (row.left_out === BY_USER) add(sums.byUser, text(row.user_code) ?? '', cost);
    else add(sums.byModel, text(row.model_code) ?? text(row.model_group_code) ?? '', cost);
  }
  return { day, picoUsd, ...sums };
}

function add(sums: Map<string, bigint>, name: string, picoUsd: bigint): void {
  sums.set(name, (sums.get(name) ?? 0n) + picoUsd);
}
