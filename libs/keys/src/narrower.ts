import { durationFrom, type LimitRule } from '@app/call';

const EVERY_MODEL = new Set(['all-proxy-models', '*']);
/** They grant nothing by themselves. */
const NO_MODEL = new Set(['no-default-models', 'all-team-models']);

const DAY_MS = 86_400_000;
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS } as const;

const grantsAll = (models: readonly string[]): boolean =>
  models.length === 0 || models.some((model) => EVERY_MODEL.has(model));

/** The first of `wanted` that a list of models does not grant; null where it grants them all. */
export function modelBeyond(granted: readonly string[], wanted: readonly string[]): string | null {
  if (grantsAll(granted)) return null;
  if (grantsAll(wanted)) return 'all-proxy-models';
  return (
    wanted.find((model) => !NO_MODEL.has(model) && !granted.some((entry) => covers(entry, model))) ?? null
  );
}

/** A pattern covers a pattern when it matches its text: what stands for anything has to fall to what stands for anything. */
function covers(entry: string, model: string): boolean {
  if (entry === model) return true;
  if (!entry.includes('*')) return false;
  const [head = '', ...rest] = entry.split('*');
  const tail = rest.pop() ?? '';
  if (model.length < head.length + tail.length || !model.startsWith(head) || !model.endsWith(tail))
    return false;
  let at = head.length;
  for (const part of rest) {
    const found = model.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= model.length - tail.length;
}

/** The first of `wanted` that `allowed_routes` do not grant; null where they grant them all. */
export function routeBeyond(granted: readonly string[], wanted: readonly string[]): string | null {
  if (granted.length === 0 || granted.includes('*')) return null;
  if (wanted.length === 0) return '*';
  return wanted.find((route) => !granted.some((entry) => coversRoute(entry, route))) ?? null;
}

/** Whether a list of plain words goes beyond another one; an empty list grants all. */
export const isWordBeyond = (granted: readonly string[], wanted: readonly string[]): boolean =>
  granted.length > 0 && (wanted.length === 0 || wanted.some((word) => !granted.includes(word)));

function coversRoute(entry: string, route: string): boolean {
  if (entry === route) return true;
  if (!entry.startsWith('/')) return false;
  return entry.endsWith('*') ? route.startsWith(entry.slice(0, -1)) : route.startsWith(`${entry}/`);
}

/** The field in which `wanted` goes beyond `granted`; null where each limit is there and no wider. */
export function limitBeyond(granted: readonly LimitRule[], wanted: readonly LimitRule[]): string | null {
  for (const limit of granted) {
    const own = wanted.find(({ model }) => model === limit.model);
    const field = own ? widerField(limit, own) : firstField(limit);
    if (field !== null) return fieldName(field, limit.model);
  }
  return null;
}

/** The field that only the key itself limits, so that each new key would begin it afresh; null where there is none. */
export function limitUnshared(own: readonly LimitRule[], outer: readonly LimitRule[]): string | null {
  for (const limit of own) {
    const above = outer.filter(({ model }) => model === null || model === limit.model);
    const field = LIMITS.find((name) => limit[name] !== null && above.every((rule) => rule[name] === null));
    if (field !== undefined) return fieldName(field, limit.model);
  }
  return null;
}

const LIMITS = ['maxBudgetPicoUsd', 'requestsPerMinute', 'tokensPerMinute', 'maxParallelRequests'] as const;
type Limit = (typeof LIMITS)[number];

const NAMES: Readonly<Record<Limit | 'budgetDuration', string>> = {
  maxBudgetPicoUsd: 'max_budget',
  requestsPerMinute: 'rpm_limit',
  tokensPerMinute: 'tpm_limit',
  maxParallelRequests: 'max_parallel_requests',
  budgetDuration: 'budget_duration',
};

function fieldName(field: Limit | 'budgetDuration', model: string | null): string {
  if (model === null) return NAMES[field];
  return field === 'maxBudgetPicoUsd' || field === 'budgetDuration'
    ? 'model_max_budget'
    : `model_${NAMES[field]}`;
}

const firstField = (limit: LimitRule): Limit | null => LIMITS.find((name) => limit[name] !== null) ?? null;

function widerField(granted: LimitRule, own: LimitRule): Limit | 'budgetDuration' | null {
  for (const name of LIMITS) {
    const [most, wanted] = [granted[name], own[name]];
    if (most !== null && (wanted === null || wanted > most)) return name;
  }
  if (granted.maxBudgetPicoUsd === null) return null;
  return comesOftener(own.budgetDuration, granted.budgetDuration) ? 'budgetDuration' : null;
}

/** Whether a budget begins anew before the other one does. A budget for ever never does. */
function comesOftener(wanted: string | null, granted: string | null): boolean {
  if (wanted === null || wanted === granted) return false;
  return granted === null || lengthMs(wanted, 28) < lengthMs(granted, 31);
}

function lengthMs(text: string, daysOfMonth: number): number {
  const length = durationFrom(text);
  if (!length) return 0;
  return length.count * (length.unit === 'mo' ? daysOfMonth * DAY_MS : UNIT_MS[length.unit]);
}
