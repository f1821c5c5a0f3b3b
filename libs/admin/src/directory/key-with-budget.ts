import { type TokenView } from '@app/keys';
import { type BudgetRow, type Shown, windowStart } from '@app/users';

/** A key with the limits of the budget that it shares, which hold where it has none of its own. */
export function withBudget(key: TokenView, budget: BudgetRow | null): Shown<TokenView> {
  const isShared = key.max_budget === null && budget !== null;
  const { max_budget, budget_duration, budget_reset_at } = isShared ? budget : key;
  const row = {
    ...key,
    max_budget,
    budget_duration,
    budget_reset_at,
    soft_budget: key.soft_budget ?? budget?.soft_budget ?? null,
    rpm_limit: key.rpm_limit ?? budget?.rpm_limit ?? null,
    tpm_limit: key.tpm_limit ?? budget?.tpm_limit ?? null,
    max_parallel_requests: key.max_parallel_requests ?? budget?.max_parallel_requests ?? null,
  };
  const windows = isShared ? 'own' : 'calendar';
  const startsAt =
    budget_duration !== null &&
    budget_reset_at !== null &&
    windowStart(budget_duration, new Date(budget_reset_at), windows);
  return { row, scope: `key:${key.token}`, since: startsAt ? startsAt.toISOString() : null };
}
