import { durationFrom, isJsonObject, type JsonObject } from '@app/call';
import { alignedWindows, BUDGET_MEMBERS, usdOf, windowAt, windowStart } from '@app/users';
import { approximate, type Note } from './report.js';
import { numberIn, objectIn, type SourceRow, textIn, timeIn } from './source-row.js';

/** Limits of a user, a team, a key or a budget, and since when its spend counts. */
export interface MappedLimits {
  /** By the names of our columns. */
  readonly columns: JsonObject;
  readonly window: SpendWindow;
  readonly notes: readonly Note[];
}

/** Which part of the history the `spend` of a row of LiteLLM stands for. */
export interface SpendWindow {
  /** Null: all of it. */
  readonly since: Date | null;
  /** The window has ended, and LiteLLM has not set the spend back yet. */
  readonly isOver: boolean;
}

/** How windows lie here: `calendar` for keys, users and teams, `own` for budgets. */
export type WindowKind = 'calendar' | 'own';

const MAX_COUNT = Number.MAX_SAFE_INTEGER;
const MAX_INT4 = 2 ** 31 - 1;
/** The end of a window is noted by LiteLLM in milliseconds and computed by a job. */
const SAME_END_MS = 60_000;
const EVER = new Date(0);
export const WHOLE_HISTORY: SpendWindow = { since: null, isOver: false };

export function limitsFrom(row: SourceRow, windows: WindowKind, now: Date): MappedLimits {
  const { startsAt, duration, window, notes } = windowsOf(row, windows, now);
  const metadata = objectIn(row, 'metadata');
  return {
    columns: {
      max_budget_usd: amountIn(row, 'max_budget'),
      soft_budget_usd: amountIn(row, 'soft_budget'),
      budget_duration: duration,
      budget_starts_at: startsAt.toISOString(),
      rpm_limit: countIn(row, 'rpm_limit', MAX_COUNT),
      tpm_limit: countIn(row, 'tpm_limit', MAX_COUNT),
      max_parallel_requests: countIn(row, 'max_parallel_requests', MAX_INT4),
      model_max_budget: budgetsIn(objectIn(row, 'model_max_budget')),
      model_rpm_limit: countsIn(objectIn(metadata, 'model_rpm_limit')),
      model_tpm_limit: countsIn(objectIn(metadata, 'model_tpm_limit')),
    },
    window,
    notes: [...notes, ...budgetNotes(row)],
  };
}

/** Metadata without the limits that have columns of their own here. */
export function withoutLimits(metadata: JsonObject): JsonObject {
  const own = ['model_rpm_limit', 'model_tpm_limit'];
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !own.includes(name)));
}

/** An amount of USD that can be one. */
export function amountIn(row: SourceRow, name: string): string | null {
  const amount = numberIn(row, name);
  return amount === null || amount < 0 || amount >= 1e15 ? null : usdOf(amount);
}

export function countIn(row: SourceRow, name: string, max = MAX_COUNT): number | null {
  const count = numberIn(row, name);
  return count === null || count < 0 ? null : Math.min(Math.floor(count), max);
}

interface Windows {
  readonly startsAt: Date;
  readonly duration: string | null;
  readonly window: SpendWindow;
  readonly notes: readonly Note[];
}

function windowsOf(row: SourceRow, windows: WindowKind, now: Date): Windows {
  const createdAt = timeIn(row, 'created_at') ?? EVER;
  const given = textIn(row, 'budget_duration');
  const length = given === null ? null : durationFrom(given);
  if (given === null) return { startsAt: createdAt, duration: null, window: WHOLE_HISTORY, notes: [] };
  if (length === null || length.count === 0) {
    const why = `its budget does not begin anew: the duration '${given}' is none`;
    return { startsAt: createdAt, duration: null, window: WHOLE_HISTORY, notes: [approximate(why)] };
  }
  const duration = given.trim();
  const resetAt = timeIn(row, 'budget_reset_at');
  const startsAt = (resetAt && windowStart(duration, resetAt, windows)) ?? createdAt;
  const lying =
    windows === 'calendar'
      ? alignedWindows(duration, startsAt.getTime())
      : { duration, startsAtMs: startsAt.getTime() };
  const running = windowAt(lying, now.getTime());
  const isOver = resetAt !== null && resetAt <= now;
  const differs = resetAt !== null && !isOver && Math.abs(running.endsAtMs - resetAt.getTime()) > SAME_END_MS;
  const ends = differs && Number.isFinite(running.endsAtMs) ? new Date(running.endsAtMs).toISOString() : '';
  const why = `its budget begins anew at ${ends}, not at ${resetAt?.toISOString() ?? ''}`;
  return {
    startsAt,
    duration,
    window: { since: new Date(running.startsAtMs), isOver },
    notes: ends === '' ? [] : [approximate(why)],
  };
}

function budgetsIn(budgets: JsonObject): JsonObject {
  const entries = Object.entries(budgets).flatMap(([model, budget]): [string, JsonObject | number][] => {
    if (typeof budget === 'number') return budget >= 0 ? [[model, budget]] : [];
    if (!isJsonObject(budget)) return [];
    const members = Object.entries(budget).filter(
      ([name, value]) => BUDGET_MEMBERS.has(name) && value !== null,
    );
    return [[model, Object.fromEntries(members)]];
  });
  return Object.fromEntries(entries);
}

function countsIn(counts: JsonObject): JsonObject {
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => isCount(count)));
}

function budgetNotes(row: SourceRow): Note[] {
  if (Object.keys(objectIn(row, 'model_max_budget')).length === 0) return [];
  return [approximate('what its budgets by model have spent so far is not told by LiteLLM and begins at 0')];
}
