import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';

/** What happened between two moments. */
export interface TrafficSum {
  readonly requests: number;
  readonly failed: number;
  readonly tokens: number;
  readonly picoUsd: bigint;
  /** Half of the first tokens came within; null where there were none. */
  readonly firstTokenMs: number | null;
  /** 95 of 100 calls took at most this. */
  readonly slowMs: number | null;
}

export interface HourOfModel {
  readonly hour: Date;
  readonly model: string;
  readonly requests: number;
}

interface SumRow {
  readonly requests: number;
  readonly failed: number;
  readonly tokens: number;
  readonly cost: string;
  readonly first_token: number | null;
  readonly slow: number | null;
}

const SUM = `SELECT count(*)::float8 AS requests, (count(*) FILTER (WHERE status >= 400))::float8 AS failed,
    coalesce(sum(prompt_tokens + completion_tokens), 0)::float8 AS tokens, coalesce(sum(cost_pico_usd), 0)::text AS cost,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY time_to_first_token_ms) AS first_token,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS slow
  FROM spend_logs WHERE started_at >= $1 AND started_at < $2`;

const HOURS = `SELECT hour, coalesce(word, '') AS model, requests FROM (
    SELECT date_trunc('hour', started_at) AS hour, coalesce(model_code, model_group_code) AS code, count(*)::float8 AS requests
    FROM spend_logs WHERE started_at >= $1 AND started_at < $2 GROUP BY 1, 2) AS counted
  LEFT JOIN spend_words USING (code)`;

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

/** Sums for the overview, from the rows themselves; on the connections for reports. */
@Injectable()
export class TrafficReader {
  constructor(private readonly database: ReportDatabase) {}

  async sum(from: Date, to: Date): Promise<TrafficSum> {
    const [row] = await this.database.query<SumRow>(SUM, [from, to]);
    return {
      requests: row?.requests ?? 0,
      failed: row?.failed ?? 0,
      tokens: row?.tokens ?? 0,
      picoUsd: BigInt(row?.cost ?? '0'),
      firstTokenMs: row?.first_token ?? null,
      slowMs: row?.slow ?? null,
    };
  }

  hours(from: Date, to: Date): Promise<HourOfModel[]> {
    return this.database.query<HourOfModel>(HOURS, [from, to]);
  }

  async nearBudget(): Promise<KeyNearBudget[]> {
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
