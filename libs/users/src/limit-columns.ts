import { type JsonObject } from '@app/call';
import { BIGINT_AS_NUMBER } from '@app/database';
import { Column } from 'typeorm';

/** What limits a user, a team or whoever a budget binds. Amounts are exact decimal text in USD. */
export class LimitColumns {
  @Column({ name: 'max_budget_usd', type: 'numeric', precision: 38, scale: 12, nullable: true })
  maxBudgetUsd: string | null = null;

  @Column({ name: 'soft_budget_usd', type: 'numeric', precision: 38, scale: 12, nullable: true })
  softBudgetUsd: string | null = null;

  /** As it was given: `30d`, `1mo`. */
  @Column({ name: 'budget_duration', type: 'text', nullable: true })
  budgetDuration: string | null = null;

  @Column({ name: 'budget_starts_at', type: 'timestamptz' })
  budgetStartsAt: Date = new Date();

  @Column({ name: 'rpm_limit', type: 'bigint', nullable: true, transformer: BIGINT_AS_NUMBER })
  rpmLimit: number | null = null;

  @Column({ name: 'tpm_limit', type: 'bigint', nullable: true, transformer: BIGINT_AS_NUMBER })
  tpmLimit: number | null = null;

  @Column({ name: 'max_parallel_requests', type: 'integer', nullable: true })
  maxParallelRequests: number | null = null;

  /** By model: an amount in USD, or `{budget_limit, time_period}`. */
  @Column({ name: 'model_max_budget', type: 'jsonb' })
  modelMaxBudget: JsonObject = {};

  @Column({ name: 'model_rpm_limit', type: 'jsonb' })
  modelRpmLimit: JsonObject = {};

  @Column({ name: 'model_tpm_limit', type: 'jsonb' })
  modelTpmLimit: JsonObject = {};
}
