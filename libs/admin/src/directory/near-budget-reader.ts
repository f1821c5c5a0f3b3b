import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';

/** What counts is the running window of a budget, which has an account from its first call on; without windows, everything. */
const NEAR_BUDGET = `WITH bound AS (
    SELECT hash, key_name, key_alias, max_budget_usd, budget_duration FROM virtual_keys
    WHERE max_budget_usd > 0 AND NOT blocked AND (expires_at IS NULL OR expires_at > now())
  ), used AS (
    SELECT bound.*, spent_pico_usd AS spent FROM bound
      JOIN spend_totals ON scope = 'key:' || hash AND window_start = '-infinity' WHERE budget_duration IS NULL
    UNION ALL
    SELECT bound.*, account.spent FROM bound
      JOIN limit_accounts AS account ON account.scope = 'key:' || hash AND account.model = '' AND account.kind = 'money'
        AND now() >= account.starts_at AND now() < account.ends_at WHERE budget_duration IS NOT NULL
  )
  SELECT hash, key_name, key_alias, max_budget_usd::text AS budget, spent::text AS spent FROM used
  WHERE spent >= max_budget_usd * 850000000000 ORDER BY spent / max_budget_usd DESC LIMIT 5`;

export interface KeyNearBudget {
  readonly hash: string;
  readonly name: string;
  readonly budgetUsd: string;
  readonly spentPicoUsd: bigint;
}

/** Keys that have used most of their budget; on the connections for reports. @throws UnavailableError */
@Injectable()
export class NearBudgetReader {
  constructor(private readonly database: ReportDatabase) {}

  async keys(): Promise<KeyNearBudget[]> {
    const rows = await this.database.query<{
      hash: string;
      key_name: string;
      key_alias: string | null;
      budget: string;
      spent: string;
    }>(NEAR_BUDGET);
    return rows.map((row) => ({
      hash: row.hash,
      name: row.key_alias ?? row.key_name,
      budgetUsd: row.budget,
      spentPicoUsd: BigInt(row.spent.split('.')[0] ?? '0'),
    }));
  }
}
