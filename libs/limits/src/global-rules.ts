import { type LitellmSettings } from '@app/config';
import { type LimitRule } from '@app/call';

/** A Monday, the first of a month and of a year: windows begin at midnight, on Mondays, on the first. */
const FIRST_MONDAY_MS = Date.UTC(2024, 0, 1);

/** The budget of the gateway as a whole, as configured. */
export function globalRules({
  maxBudgetPicoUsd,
  budgetDuration,
}: Pick<LitellmSettings, 'maxBudgetPicoUsd' | 'budgetDuration'>): LimitRule[] {
  if (maxBudgetPicoUsd === null) return [];
  return [
    Object.freeze({
      scope: 'global',
      model: null,
      maxBudgetPicoUsd,
      softBudgetPicoUsd: null,
      budgetDuration,
      budgetStartsAtMs: FIRST_MONDAY_MS,
      requestsPerMinute: null,
      tokensPerMinute: null,
      maxParallelRequests: null,
    }),
  ];
}
