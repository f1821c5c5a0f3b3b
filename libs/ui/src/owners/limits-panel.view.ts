import { isJsonObject, type JsonObject, type JsonValue, picoUsdFrom } from '@app/call';
import { type LimitLeft } from '@app/limits';
import {
  MISSING,
  plural,
  shortMoney,
  shownCount,
  shownMoney,
  type ShownTime,
  shownTime,
} from '../shown-values.js';

/** Whatever has limits, as the API shows it; `spend` in USD, in the running window of the budget or in all. */
export interface LimitedRow {
  readonly max_budget: number | null;
  readonly soft_budget: number | null;
  readonly budget_duration: string | null;
  readonly budget_reset_at: string | null;
  readonly rpm_limit: number | null;
  readonly tpm_limit: number | null;
  readonly max_parallel_requests: number | null;
  readonly model_max_budget: JsonObject;
  readonly spend: number;
}

export interface Meter {
  readonly spent: string;
  readonly of: string;
  readonly left: string;
  readonly bar: { readonly value: number; readonly tone: string } | false;
}

const PERIOD_NAMES: Readonly<Record<string, string>> = {
  '1mo': 'a month',
  '30d': 'a month',
  '7d': 'a week',
  '1w': 'a week',
  '1d': 'a day',
  '24h': 'a day',
  '1h': 'an hour',
};

/** `a month`; empty where a budget never starts again. */
export function periodText(duration: string | null): string {
  return duration === null ? '' : (PERIOD_NAMES[duration] ?? `every ${duration}`);
}

/** A meter: amber from 85 %, red when nothing is left. */
export function budgetMeter(spentPicoUsd: bigint, maxBudgetUsd: string | number | null): Meter {
  const budget = maxBudgetUsd === null ? null : picoUsdFrom(maxBudgetUsd);
  const spent = shownMoney(spentPicoUsd);
  if (budget === null) return { spent, of: 'no limit', left: '', bar: false };
  const share = budget === 0n ? 1 : Number((spentPicoUsd * 10_000n) / budget) / 10_000;
  const left = spentPicoUsd >= budget ? 0n : budget - spentPicoUsd;
  return {
    spent,
    of: `of ${shortMoney(budget)}`,
    left: `${shortMoney(left)} left`,
    bar: { value: Math.min(share, 1), tone: toneOf(share) },
  };
}

/** The meter of a row in a list, with the period of its budget. */
export function rowMeter({ spend, max_budget, budget_duration }: LimitedRow): Meter {
  const meter = budgetMeter(picoUsdFrom(spend) ?? 0n, max_budget);
  return max_budget === null ? meter : { ...meter, of: `${meter.of} ${periodText(budget_duration)}`.trim() };
}

/** What is left before what was used: the budget of the running window, and the rates of this minute. */
export function limitsPanel(row: LimitedRow, left: readonly LimitLeft[]): object {
  return {
    budget: { ...rowMeter(row), resets: resetOf(row), soft: softOf(row) },
    rates: [
      rateView('Requests a minute', row.rpm_limit, leftOf(left, 'requests')),
      rateView('Tokens a minute', row.tpm_limit, leftOf(left, 'tokens')),
      rateView('Calls at once', row.max_parallel_requests, leftOf(left, 'parallel')),
    ],
  };
}

/** Limits of single models, in words. */
export function modelLimitFacts(row: LimitedRow & { readonly metadata?: JsonObject }): string {
  const lines = Object.entries(row.model_max_budget).map(
    ([model, limit]) => `${model}: ${isJsonObject(limit) ? budgetWords(limit) : amountWords(limit)}`,
  );
  const rates = (name: string, one: string): string[] => {
    const limits = row.metadata?.[name] ?? null;
    if (!isJsonObject(limits)) return [];
    return Object.entries(limits).map(([model, count]) => `${model}: ${plural(Number(count), one)} a minute`);
  };
  return [...lines, ...rates('model_rpm_limit', 'request'), ...rates('model_tpm_limit', 'token')].join(', ');
}

function budgetWords(limit: JsonObject): string {
  const amount = limit['budget_limit'] ?? limit['max_budget'];
  const period = limit['time_period'] ?? limit['budget_duration'];
  return `${amountWords(amount)} ${typeof period === 'string' ? periodText(period) : ''}`.trim();
}

const amountWords = (amount: JsonValue | undefined): string =>
  typeof amount === 'number' || typeof amount === 'string'
    ? shortMoney(picoUsdFrom(amount) ?? 0n)
    : 'no budget';

const toneOf = (share: number): string => (share >= 1 ? 'bad' : share >= 0.85 ? 'warn' : '');

function resetOf({ max_budget, budget_reset_at }: LimitedRow): ShownTime | false {
  return max_budget !== null && budget_reset_at !== null && shownTime(new Date(budget_reset_at), 'day');
}

function softOf({ soft_budget, spend }: LimitedRow): { text: string; isPassed: boolean } | false {
  const picoUsd = soft_budget === null ? null : picoUsdFrom(soft_budget);
  if (picoUsd === null) return false;
  const isPassed = (picoUsdFrom(spend) ?? 0n) >= picoUsd;
  return { text: isPassed ? `Past ${shortMoney(picoUsd)}` : `Warns at ${shortMoney(picoUsd)}`, isPassed };
}

function leftOf(left: readonly LimitLeft[], kind: LimitLeft['kind']): number | null {
  const found = left.find((one) => one.kind === kind && one.model === null);
  return found ? Number(found.left) : null;
}

function rateView(label: string, limit: number | null, left: number | null): object {
  if (limit === null) return { label, left: '', text: 'no limit', bar: false };
  const free = Math.min(left ?? limit, limit);
  const share = limit === 0 ? 1 : (limit - free) / limit;
  return {
    label,
    left: `${shownCount(free)} left`,
    text: `${shownCount(limit - free)} of ${shownCount(limit)}`,
    bar: { value: share, tone: toneOf(share) },
  };
}

/** What may be called, in few words. */
export function modelsText(models: readonly string[]): string {
  if (models.length === 0) return 'All models';
  return models.length <= 3 ? models.join(', ') : `${models.length} models`;
}

export const orMissing = (text: string | null | undefined): string => text || MISSING;
