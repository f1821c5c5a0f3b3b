import { Injectable } from '@nestjs/common';
import { BadRequestError } from '@app/call';
import { ReportDatabase } from '@app/database';
import {
  countsOf,
  type CountsRow,
  type SpendCounts,
  SUMS_OF_DAYS,
  SUMS_OF_LABELS,
  SUMS_OF_ROWS,
} from './spend-counts.js';
import { Where } from './where.js';
import { WordTexts } from './word-texts.js';

/** What daily totals can be grouped by; days are `2026-01-31`, UTC. */
export type ReportDimension = 'day' | 'key' | 'user' | 'team' | 'model' | 'modelGroup' | 'provider' | 'route';

const COLUMNS: Readonly<Record<ReportDimension, string>> = {
  day: 'day',
  key: 'key_code',
  user: 'user_code',
  team: 'team_code',
  model: 'model_code',
  modelGroup: 'model_group_code',
  provider: 'provider_code',
  route: 'route_code',
};

/** Whose calls, and when; what is absent or empty does not narrow. */
export interface ReportFilter {
  /** First and last day, both inclusive: `2026-01-31`, UTC. */
  readonly startDay?: string;
  readonly endDay?: string;
  /** SHA-256 of the key, in hex. */
  readonly keyHash?: string;
  readonly userId?: string;
  readonly teamIds?: readonly string[];
  readonly model?: string;
  /** Only these groups, by their names; an empty one stands for calls without. */
  readonly among?: { readonly dimension: Exclude<ReportDimension, 'day'>; readonly names: readonly string[] };
  /** Tags or end users, for {@link SpendReports.byLabel}. */
  readonly labels?: readonly string[];
}

/** One group of a report; a name is empty where the calls had none. */
export interface SpendSum<D extends string = ReportDimension> extends SpendCounts {
  readonly names: Readonly<Record<D, string>>;
}

/** A customer's calls of one day with one key and one model. */
export type CustomerSum = SpendSum<'day' | 'endUser' | 'key' | 'model'>;

const DEAREST_FIRST = 'ORDER BY sum(cost_pico_usd) DESC, 1';
/** What one answer may hold. */
const MAX_GROUPS = 100_000;

/** Sums over days, read from the daily totals; on the connections for reports. */
@Injectable()
export class SpendReports {
  constructor(
    private readonly database: ReportDatabase,
    private readonly words: WordTexts,
  ) {}

  /**
   * One sum for each group, by day and then the dearest first.
   * @throws BadRequestError when there are too many, UnavailableError
   */
  async by<D extends ReportDimension>(
    dimensions: readonly D[],
    filter: ReportFilter,
    limit = MAX_GROUPS + 1,
  ): Promise<SpendSum<D>[]> {
    const where = await this.whereOf(filter, 'day');
    if (!where) return [];
    const columns = dimensions.map((one) => (one === 'day' ? 'day::text AS day' : COLUMNS[one]));
    const order = ['sum(cost_pico_usd) DESC', ...columns.map((_, index) => String(index + 1))];
    if (dimensions.some((one) => one === 'day')) order.unshift(String(dimensions.indexOf('day' as D) + 1));
    const rows = await this.database.query<CountsRow & Record<string, string | number>>(
      `SELECT ${[...columns, SUMS_OF_DAYS].join(', ')} FROM spend_daily ${where.text}
       ${
         columns.length === 0
           ? 'HAVING count(*) > 0'
           : `GROUP BY ${dimensions.map((one) => COLUMNS[one]).join(', ')}
       ORDER BY ${order.join(', ')}`
       } LIMIT ${limit}`,
      where.values,
    );
    refuseTooMany(rows);
    const codes = dimensions.filter((one) => one !== 'day').map((one) => COLUMNS[one]);
    const text = await this.words.of(rows.flatMap((row) => codes.map((column) => Number(row[column]))));
    const nameOf = (row: Record<string, string | number>, one: D): string =>
      one === 'day' ? String(row['day']) : (text(Number(row[COLUMNS[one]])) ?? '');
    return rows.map((row) => toSum(row, dimensions, (one) => nameOf(row, one)));
  }

  /**
   * One sum for each tag or end user, the dearest first, or with `perDay` for each day of each. From the daily totals;
   * from the rows, as far as they are kept, where the filter names a key, a user, a team or a model.
   */
  async byLabel(
    kind: 'tag' | 'end_user',
    filter: ReportFilter,
    perDay = false,
  ): Promise<SpendSum<'day' | 'label'>[]> {
    const { keyHash, userId, teamIds, model } = filter;
    const isNarrow = [keyHash, userId, model].some((one) => one !== undefined) || (teamIds?.length ?? 0) > 0;
    const where = await this.whereOf(filter, isNarrow ? 'started_at' : 'day');
    if (!where) return [];
    if (filter.labels?.length) where.add('label = ANY(?::text[])', filter.labels);
    if (!isNarrow) where.add('kind = ?', kind);
    const each = kind === 'tag' ? 'unnest(tags)' : '(SELECT end_user WHERE end_user IS NOT NULL)';
    const day = perDay ? (isNarrow ? DAY_OF_ROW : 'day::text') : `''`;
    const rows = await this.database.query<CountsRow & { day: string; label: string }>(
      `SELECT label, ${day} AS day, ${isNarrow ? SUMS_OF_ROWS : SUMS_OF_LABELS}
       FROM ${isNarrow ? `spend_logs CROSS JOIN LATERAL ${each} AS named(label)` : 'spend_daily_labels'} ${where.text}
       GROUP BY 1, 2 ${perDay ? 'ORDER BY 2, 1' : DEAREST_FIRST} LIMIT ${MAX_GROUPS + 1}`,
      where.values,
    );
    refuseTooMany(rows);
    return rows.map((row) => toSum(row, ['day', 'label'], (one) => row[one]));
  }

  /** What customers have spent, by day, key and model; from the rows, as far as they are kept. */
  async ofCustomers(filter: ReportFilter): Promise<CustomerSum[]> {
    const where = await this.whereOf(filter, 'started_at');
    if (!where) return [];
    where.add('end_user IS NOT NULL');
    if (filter.labels?.length) where.add('end_user = ANY(?::text[])', filter.labels);
    const rows = await this.database.query<CountsRow & CustomerRow>(
      `SELECT ${DAY_OF_ROW} AS day, end_user, key_code, model_code, ${SUMS_OF_ROWS} FROM spend_logs ${where.text}
       GROUP BY 1, 2, 3, 4 ORDER BY 1, sum(cost_pico_usd) DESC, 2 LIMIT ${MAX_GROUPS + 1}`,
      where.values,
    );
    refuseTooMany(rows);
    const text = await this.words.of(rows.flatMap((row) => [row.key_code, row.model_code]));
    return rows.map((row) => ({
      ...countsOf(row),
      names: {
        day: row.day,
        endUser: row.end_user,
        key: text(row.key_code) ?? '',
        model: text(row.model_code) ?? '',
      },
    }));
  }

  /** Every tag that a row has carried, in order. */
  async tagNames(): Promise<string[]> {
    const rows = await this.database.query<{ label: string }>(
      `SELECT DISTINCT label FROM spend_daily_labels WHERE kind = 'tag' ORDER BY 1 LIMIT ${MAX_GROUPS}`,
    );
    return rows.map(({ label }) => label);
  }

  /** Null: nothing can match. */
  private async whereOf(filter: ReportFilter, time: 'day' | 'started_at'): Promise<Where | null> {
    const where = new Where();
    addPeriod(where, filter, time);
    for (const [column, word] of [
      ['key_code', filter.keyHash],
      ['user_code', filter.userId],
      ['model_code', filter.model],
    ]) {
      if (word === undefined) continue;
      const code = await this.words.codeOf(word);
      if (code === null) return null;
      where.add(`${column} = ?`, code);
    }
    if (filter.teamIds?.length) {
      where.add('team_code = ANY(?::int4[])', await this.codesOf(filter.teamIds));
    }
    if (filter.among) {
      const { dimension, names } = filter.among;
      where.add(`${COLUMNS[dimension]} = ANY(?::int4[])`, await this.codesOf(names));
    }
    return where;
  }

  /** Rows of the totals that have no word hold a zero. */
  private async codesOf(names: readonly string[]): Promise<number[]> {
    const codes = await Promise.all(names.map(async (name) => (name === '' ? 0 : this.words.codeOf(name))));
    return codes.filter((code) => code !== null);
  }
}

interface CustomerRow {
  readonly day: string;
  readonly end_user: string;
  readonly key_code: number;
  readonly model_code: number | null;
}

const DAY_OF_ROW = `(started_at AT TIME ZONE 'UTC')::date::text`;

function addPeriod(where: Where, { startDay, endDay }: ReportFilter, time: 'day' | 'started_at'): void {
  if (time === 'day') {
    if (startDay) where.add('day >= ?', startDay);
    if (endDay) where.add('day <= ?', endDay);
    return;
  }
  if (startDay) where.add('started_at >= ?', new Date(`${startDay}T00:00:00Z`));
  if (endDay) where.add('started_at < ?', new Date(Date.parse(`${endDay}T00:00:00Z`) + 86_400_000));
}

function refuseTooMany(rows: readonly unknown[]): void {
  if (rows.length <= MAX_GROUPS) return;
  throw new BadRequestError(
    `The report has more than ${MAX_GROUPS} groups. Choose a shorter period.`,
    'end_date',
  );
}

function toSum<D extends string>(
  row: CountsRow,
  dimensions: readonly D[],
  nameOf: (one: D) => string,
): SpendSum<D> {
  const names = Object.fromEntries(dimensions.map((one) => [one, nameOf(one)])) as Record<D, string>;
  return { ...countsOf(row), names };
}
