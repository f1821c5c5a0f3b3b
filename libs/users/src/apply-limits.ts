import {
  BadRequestError,
  durationFrom,
  isJsonObject,
  type JsonObject,
  picoUsdFrom,
  usdText,
} from '@app/call';
import { type LimitFieldsDto } from './dto/limit-fields.dto.js';
import { type LimitColumns } from './limit-columns.js';

const MAX_MODELS = 1000;
/** What an object of `model_max_budget` may say. */
export const BUDGET_MEMBERS: ReadonlySet<string> = new Set([
  'budget_limit',
  'max_budget',
  'time_period',
  'budget_duration',
  'rpm_limit',
  'tpm_limit',
]);

/**
 * Writes those limits that are present; null takes a limit away. A new duration has its windows begin now.
 * @throws BadRequestError
 */
export function applyLimits(limits: LimitColumns, fields: LimitFieldsDto, now: Date): void {
  const { max_budget, soft_budget, budget_duration, rpm_limit, tpm_limit, max_parallel_requests } = fields;
  if (max_budget !== undefined) limits.maxBudgetUsd = usdOf(max_budget);
  if (soft_budget !== undefined) limits.softBudgetUsd = usdOf(soft_budget);
  if (budget_duration !== undefined) {
    const duration = lengthOf(budget_duration, 'budget_duration');
    if (duration !== limits.budgetDuration) limits.budgetStartsAt = now;
    limits.budgetDuration = duration;
  }
  if (rpm_limit !== undefined) limits.rpmLimit = rpm_limit;
  if (tpm_limit !== undefined) limits.tpmLimit = tpm_limit;
  if (max_parallel_requests !== undefined) limits.maxParallelRequests = max_parallel_requests;
  if (fields.model_max_budget !== undefined) limits.modelMaxBudget = budgetsIn(fields.model_max_budget);
  if (fields.model_rpm_limit !== undefined)
    limits.modelRpmLimit = countsIn(fields.model_rpm_limit, 'model_rpm_limit');
  if (fields.model_tpm_limit !== undefined)
    limits.modelTpmLimit = countsIn(fields.model_tpm_limit, 'model_tpm_limit');
}

/** An amount as it is stored. */
export function usdOf(amount: number | string | null): string | null {
  const picoUsd = amount === null ? null : picoUsdFrom(amount);
  return picoUsd === null ? null : usdText(picoUsd);
}

/** A duration as it is stored. @throws BadRequestError where it is none, or no time at all */
export function lengthOf(text: string | null, field: string): string | null {
  if (text === null || text === '') return null;
  const duration = durationFrom(text);
  if (duration && duration.count > 0) return text.trim();
  throw new BadRequestError(`Invalid duration format: ${field} must be longer than nothing.`, field);
}

function countsIn(given: JsonObject | null, field: string): JsonObject {
  const counts = given ?? {};
  refuseTooMany(counts, field);
  for (const [model, count] of Object.entries(counts)) {
    if (!Number.isSafeInteger(count) || Number(count) < 0) {
      throw new BadRequestError(
        `${field} must be whole numbers from 0 by model; that of ${shown(model)} is not.`,
        field,
      );
    }
  }
  return counts;
}

function budgetsIn(given: JsonObject | null): JsonObject {
  const budgets = given ?? {};
  refuseTooMany(budgets, 'model_max_budget');
  for (const [model, budget] of Object.entries(budgets)) {
    if (!isBudget(isJsonObject(budget) ? budget : { budget_limit: budget })) {
      const form = '{"budget_limit": 10, "time_period": "1d"}';
      throw new BadRequestError(
        `model_max_budget must hold amounts of USD, or objects such as ${form}; that of ${shown(model)} is neither.`,
        'model_max_budget',
      );
    }
  }
  return budgets;
}

function isBudget(budget: JsonObject): boolean {
  return Object.entries(budget).every(([name, value]) => {
    if (!BUDGET_MEMBERS.has(name)) return false;
    if (value === null) return true;
    if (name.endsWith('_limit') && name !== 'budget_limit')
      return Number.isSafeInteger(value) && Number(value) >= 0;
    if (name === 'time_period' || name === 'budget_duration')
      return typeof value === 'string' && isLength(value);
    const picoUsd = typeof value === 'number' || typeof value === 'string' ? picoUsdFrom(value) : null;
    return picoUsd !== null && picoUsd >= 0n && Number(value) <= 1e12;
  });
}

const isLength = (text: string): boolean => (durationFrom(text)?.count ?? 0) > 0;

function refuseTooMany(limits: JsonObject, field: string): void {
  if (Object.keys(limits).length > MAX_MODELS)
    throw new BadRequestError(`${field} names more than ${MAX_MODELS} models.`, field);
}

const shown = (model: string): string => `\`${model.slice(0, 64)}\``;
