import { type JsonObject } from '@app/call';
import { alignedWindows, windowAt } from './budget-window.js';
import { type LimitFieldsDto } from './dto/limit-fields.dto.js';
import { type LimitColumns } from './limit-columns.js';

/** The limits as management routes show them. */
export function limitsRow(limits: LimitColumns) {
  return {
    max_budget: limits.maxBudgetUsd === null ? null : Number(limits.maxBudgetUsd),
    soft_budget: limits.softBudgetUsd === null ? null : Number(limits.softBudgetUsd),
    budget_duration: limits.budgetDuration,
    rpm_limit: limits.rpmLimit,
    tpm_limit: limits.tpmLimit,
    max_parallel_requests: limits.maxParallelRequests,
    model_max_budget: limits.modelMaxBudget,
  };
}

/** Limits per model have no field of their own on the wire: they stand in the metadata. */
export function metadataRow(
  metadata: JsonObject,
  { modelRpmLimit, modelTpmLimit }: LimitColumns,
): JsonObject {
  return {
    ...metadata,
    ...(Object.keys(modelRpmLimit).length > 0 && { model_rpm_limit: modelRpmLimit }),
    ...(Object.keys(modelTpmLimit).length > 0 && { model_tpm_limit: modelTpmLimit }),
  };
}

/**
 * The running window of a budget; null where it has none.
 * @param windows `calendar` for users and teams, `own` for budgets
 */
export function runningWindow(
  { budgetDuration, budgetStartsAt }: Pick<LimitColumns, 'budgetDuration' | 'budgetStartsAt'>,
  windows: 'calendar' | 'own',
  nowMs: number,
): { startsAt: string; endsAt: string } | null {
  if (budgetDuration === null) return null;
  const startsAtMs = budgetStartsAt.getTime();
  const own = { duration: budgetDuration, startsAtMs };
  const window = windowAt(windows === 'calendar' ? alignedWindows(budgetDuration, startsAtMs) : own, nowMs);
  if (!Number.isFinite(window.endsAtMs)) return null;
  return {
    startsAt: new Date(window.startsAtMs).toISOString(),
    endsAt: new Date(window.endsAtMs).toISOString(),
  };
}

/** What a body may say of limits, whomever they bind. */
export const LIMIT_FIELDS = [
  'max_budget',
  'soft_budget',
  'budget_duration',
  'rpm_limit',
  'tpm_limit',
  'max_parallel_requests',
  'model_max_budget',
  'model_rpm_limit',
  'model_tpm_limit',
] as const satisfies readonly (keyof LimitFieldsDto)[];

/** The limits that a body names, null among them; null where it names none. */
export function limitsIn(fields: LimitFieldsDto): LimitFieldsDto | null {
  const named = LIMIT_FIELDS.filter((field) => fields[field] !== undefined);
  if (named.length === 0) return null;
  return Object.fromEntries(named.map((field) => [field, fields[field]]));
}
