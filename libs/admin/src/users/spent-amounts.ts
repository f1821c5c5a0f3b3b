import { Injectable } from '@nestjs/common';
import { usdNumber } from '@app/call';
import { ReportDatabase } from '@app/database';
import { type Shown } from '@app/users';

/**
 * Members and organizations are counted by their budgets; everything else has totals of its own. Hours are summed scope
 * by scope: joined, the planner reads the totals of everybody.
 */
const SPENT = `
  WITH asked AS (SELECT * FROM unnest($1::text[], $2::timestamptz[]) AS one (scope, since)),
  amounts AS (
    SELECT asked.scope, total.spent_pico_usd AS spent FROM asked
      JOIN spend_totals AS total ON total.scope = asked.scope COLLATE "C" AND total.window_start = '-infinity'
      WHERE asked.since IS NULL
    UNION ALL
    SELECT asked.scope, hours.spent FROM asked CROSS JOIN LATERAL (
      SELECT sum(total.spent_pico_usd) AS spent FROM spend_totals AS total
      WHERE total.scope = asked.scope COLLATE "C" AND total.window_start > '-infinity'
        AND total.window_start >= date_trunc('hour', asked.since, 'UTC')
    ) AS hours WHERE asked.since IS NOT NULL
    UNION ALL
    SELECT asked.scope, account.spent FROM asked
      JOIN limit_accounts AS account ON account.scope = asked.scope COLLATE "C" AND account.model = ''
        AND account.kind = 'money' AND now() >= account.starts_at AND now() < account.ends_at
      WHERE asked.scope ~ '^(team_member|organization):'
  )
  SELECT scope, coalesce(sum(spent), 0)::text AS spent FROM amounts GROUP BY scope`;

/** Joins rows with what they have spent, in the running window of their budget or in all. */
@Injectable()
export class SpentAmounts {
  constructor(private readonly reports: ReportDatabase) {}

  /** In USD. @throws UnavailableError */
  async add<Row extends object>(shown: readonly Shown<Row>[]): Promise<(Row & { spend: number })[]> {
    if (shown.length === 0) return [];
    const rows = await this.reports.query<{ scope: string; spent: string }>(SPENT, [
      shown.map(({ scope }) => scope),
      shown.map(({ since }) => since),
    ]);
    const spent = new Map(rows.map((row) => [row.scope, usdNumber(BigInt(row.spent))]));
    return shown.map(({ row, scope }) => ({ ...row, spend: spent.get(scope) ?? 0 }));
  }

  /** As {@link add}. @throws UnavailableError */
  async addOne<Row extends object>(shown: Shown<Row>): Promise<Row & { spend: number }> {
    const [row] = await this.add([shown]);
    return row ?? { ...shown.row, spend: 0 };
  }
}
