import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';

/**
 * What counts is the running window of a budget, which has an account from its first call on; without windows, everything.
 * Keys are looked up from what was spent, under the collation of their index: most of 100,000 were not used of late.
 */
const NEAR_BUDGET = `WITH used AS (
    SELECT substr(scope, 5) COLLATE "default" AS hash, spent_pico_usd AS spent, false AS has_windows FROM spend_totals
    WHERE window_start = '-infinity' AND scope LIKE 'key:%' AND spent_pico_usd > 0
    UNION ALL
    SELECT substr(scope, 5) COLLATE "default", spent, true FROM limit_accounts
    WHERE scope LIKE 'key:%' AND model = '' AND kind = 'money' AND now() >= starts_at AND now() < ends_at AND spent > 0
  )
  SELECT hash, key_name, key_alias, max_budget_usd::text AS budget, spent::text AS spent
  FROM used CROSS JOIN LATERAL (
    SELECT key_name, key_alias, max_budget_usd FROM virtual_keys AS key
    WHERE key.hash = used.hash AND (budget_duration IS NOT NULL) = has_windows AND max_budget_usd > 0 AND NOT blocked
      AND (expires_at IS NULL OR expires_at > now()) OFFSET 0) AS key
  WHERE spent >= max_budget_usd * 850000000000
  ORDER BY spent / max_budget_usd DESC LIMIT 5`;

/** A key that has spent 85 % of its budget or more; the name is its alias, or `sk-...f3Qa`. */
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

  /** At most five, the fullest first. */
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
