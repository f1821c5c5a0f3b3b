import { isJsonObject, type JsonObject, type JsonValue, type LimitRule, picoUsdFrom } from '@app/call';
import { alignedWindows } from './budget-window.js';

/** The limits of a user, a team, a key or a budget, as they are stored. */
export interface LimitTerms {
  readonly maxBudgetUsd: string | null;
  readonly softBudgetUsd: string | null;
  readonly budgetDuration: string | null;
  readonly budgetStartsAt: Date;
  readonly rpmLimit: number | null;
  readonly tpmLimit: number | null;
  readonly maxParallelRequests: number | null;
  readonly modelMaxBudget: JsonObject;
  readonly modelRpmLimit: JsonObject;
  readonly modelTpmLimit: JsonObject;
}

interface Amounts {
  readonly model: string | null;
  readonly max: bigint | null;
  readonly soft: bigint | null;
  readonly duration: string | null;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly parallel: number | null;
}

/**
 * What binds every call of `scope`: one rule for all calls where there is such a limit, one for each model that has its own.
 * @param windows `calendar` for keys, users and teams; `own` for budgets, whose windows begin when they were made
 */
export function rulesOf(terms: LimitTerms, scope: string, windows: 'calendar' | 'own'): LimitRule[] {
  const startsAtMs = terms.budgetStartsAt.getTime();
  const rules: LimitRule[] = [];
  for (const amounts of [wholeOf(terms), ...perModelOf(terms)]) {
    const { model, max, soft, duration, rpm, tpm, parallel } = amounts;
    if ([max, soft, rpm, tpm, parallel].every((limit) => limit === null)) continue;
    const own = { duration, startsAtMs };
    const lying = duration !== null && windows === 'calendar' ? alignedWindows(duration, startsAtMs) : own;
    rules.push(
      Object.freeze({
        scope,
        model,
        maxBudgetPicoUsd: max,
        softBudgetPicoUsd: soft,
        budgetDuration: lying.duration,
        budgetStartsAtMs: lying.startsAtMs,
        requestsPerMinute: rpm,
        tokensPerMinute: tpm,
        maxParallelRequests: parallel,
      }),
    );
  }
  return rules;
}

function wholeOf(terms: LimitTerms): Amounts {
  return {
    model: null,
    max: amountOf(terms.maxBudgetUsd),
    soft: amountOf(terms.softBudgetUsd),
    duration: terms.budgetDuration,
    rpm: terms.rpmLimit,
    tpm: terms.tpmLimit,
    parallel: terms.maxParallelRequests,
  };
}

function perModelOf({ modelMaxBudget, modelRpmLimit, modelTpmLimit }: LimitTerms): Amounts[] {
  const models = new Set(
    [modelMaxBudget, modelRpmLimit, modelTpmLimit].flatMap((limits) => Object.keys(limits)),
  );
  return [...models].map((model) => {
    const budget = modelMaxBudget[model];
    const members = isJsonObject(budget) ? budget : { budget_limit: budget ?? null };
    return {
      model,
      max: amountOf(members['budget_limit'] ?? members['max_budget']),
      soft: null,
      duration: textOf(members['time_period'] ?? members['budget_duration']),
      rpm: countOf(modelRpmLimit[model] ?? members['rpm_limit']),
      tpm: countOf(modelTpmLimit[model] ?? members['tpm_limit']),
      parallel: null,
    };
  });
}

const amountOf = (value: JsonValue | undefined): bigint | null =>
  typeof value === 'number' || typeof value === 'string' ? picoUsdFrom(value) : null;
const countOf = (value: JsonValue | undefined): number | null => (typeof value === 'number' ? value : null);
const textOf = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null);
