import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';

const NEAR_BUDGET = `SELECT hash, key_name, key_alias, max_budget_usd::text AS budget, spent_pico_usd::text AS spent
  FROM virtual_keys JOIN spend_totals ON scope = 'key:' || hash AND window_start = '-infinity'
  WHERE max_budget_usd > 0 AND NOT blocked AND (expires_at IS NULL OR expires_at > now())
    AND spent_pico_usd >= max_budget_usd * 850000000000
  ORDER BY spent_pico_usd / max_budget_usd DESC LIMIT 5`;

export interface KeyNearBudget {
  readonly hash: string;
  readonly name: string;
  readonly budgetUsd: string;
  readonly spentPicoUsd: bigint;
}

/** Keys that have used most of their budget; on the connections for reports. */
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
