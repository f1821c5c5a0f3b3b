import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';
import { CODE_COLUMNS, type SpendLogRow, type StoredRow, toSpendLogRow } from './spend-log-row.js';
import { WordTexts } from './word-texts.js';

/** Which rows to read; what is absent does not narrow. */
export interface SpendLogFilter {
  /** A response id, a call id or our own id. */
  readonly requestId?: string;
  /** SHA-256 of the key, in hex. */
  readonly keyHash?: string;
  readonly userId?: string;
  /** Inclusive. */
  readonly startDate?: Date;
  /** Exclusive. */
  readonly endDate?: Date;
  readonly limit: number;
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

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Between the making of an id and the start of its call. */
const ID_SLACK_MS = 60_000;

/** Reads rows and daily sums; on the connections for reports. */
@Injectable()
export class SpendLogs {
  constructor(
    private readonly database: ReportDatabase,
    private readonly words: WordTexts,
  ) {}

  /** Newest first. */
  async find(filter: SpendLogFilter): Promise<SpendLogRow[]> {
    const where = await this.whereOf(filter);
    if (!where) return [];
    const rows = await this.database.query<StoredRow>(
      `SELECT * FROM spend_logs ${where.text} ORDER BY started_at DESC, id DESC LIMIT ${Math.floor(filter.limit)}`,
      where.values,
    );
    const text = await this.words.of(rows.flatMap((row) => CODE_COLUMNS.map((column) => row[column])));
    return rows.map((row) => toSpendLogRow(row, text));
  }

  /** Days with spend, oldest first, from the daily totals; `filter.requestId` and `limit` do not count here. */
  async daily(filter: Omit<SpendLogFilter, 'requestId' | 'limit'>): Promise<DailySpend[]> {
    const where = await this.whereOf({ ...filter, limit: 0 }, 'day');
    if (!where) return [];
    const rows = await this.database.query<DailyRow>(
      `SELECT day::text AS day, key_code, user_code, model_code, model_group_code, sum(cost_pico_usd)::text AS cost
       FROM spend_daily ${where.text} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1`,
      where.values,
    );
    const codes = rows.flatMap((row) => [row.key_code, row.user_code, row.model_code, row.model_group_code]);
    const text = await this.words.of(codes);
    const days = Map.groupBy(rows, ({ day }) => day);
    return [...days].map(([day, spent]) => toDailySpend(day, spent, text));
  }

  /** Null: no row can match. */
  private async whereOf(
    filter: SpendLogFilter,
    time: 'started_at' | 'day' = 'started_at',
  ): Promise<Where | null> {
    const where = new Where();
    if (filter.startDate) where.add(`${time} >= ?`, timeOf(filter.startDate, time));
    if (filter.endDate) where.add(`${time} <= ?`, timeOf(new Date(filter.endDate.getTime() - 1), time));
    for (const [column, word] of [
      ['key_code', filter.keyHash],
      ['user_code', filter.userId],
    ]) {
      if (word === undefined) continue;
      const code = await this.words.codeOf(word);
      if (code === null) return null;
      where.add(`${column} = ?`, code);
    }
    if (filter.requestId !== undefined) addRequest(where, filter.requestId);
    return where;
  }
}

interface DailyRow {
  readonly day: string;
  readonly key_code: number;
  readonly user_code: number;
  readonly model_code: number;
  readonly model_group_code: number;
  readonly cost: string;
}

class Where {
  readonly values: unknown[] = [];
  private readonly conditions: string[] = [];

  /** Each `?` of `condition` takes the next of `values`. */
  add(condition: string, ...values: unknown[]): void {
    this.conditions.push(condition.replace(/\?/g, () => `$${this.values.push(values.shift())}`));
  }

  get text(): string {
    return this.conditions.length === 0 ? '' : `WHERE ${this.conditions.join(' AND ')}`;
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
    picoUsd += cost;
    add(sums.byUser, text(row.user_code) ?? '', cost);
    add(sums.byModel, text(row.model_code) ?? text(row.model_group_code) ?? '', cost);
    add(sums.byKey, text(row.key_code) ?? '', cost);
  }
  return { day, picoUsd, ...sums };
}

function add(sums: Map<string, bigint>, name: string, picoUsd: bigint): void {
  sums.set(name, (sums.get(name) ?? 0n) + picoUsd);
}
