/**
 * A budget, or rates, that bind every call of one scope. Rules are compiled once per snapshot; what has been spent
 * or counted against them lives with the limits.
 */
export interface LimitRule {
  /** As in the spend totals: `key:<hash>`, `user:<id>`, `team:<id>`, `team_member:<team>:<user>`, `organization:<id>`, `end_user:<id>`, `global`; of a deployment `deployment:<id>`, which has no total. */
  readonly scope: string;
  /** Counts and binds only calls that ask for this model; null: every call. */
  readonly model: string | null;
  readonly maxBudgetPicoUsd: bigint | null;
  /** Passing it is reported, never refused. */
  readonly softBudgetPicoUsd: bigint | null;
  /** Length of the budget's window as written in `budget_duration` (`30d`, `1mo`); null: the budget is for ever. */
  readonly budgetDuration: string | null;
  /** Wall clock in ms from which the windows are counted. */
  readonly budgetStartsAtMs: number;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly maxParallelRequests: number | null;
}
