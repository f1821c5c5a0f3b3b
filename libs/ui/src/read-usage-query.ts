import { paths, withQuery } from './paths.js';

export type UsageGroup = 'model' | 'key' | 'user' | 'team' | 'provider' | 'tag' | 'end_user';
export type UsageMeasure = 'requests' | 'tokens' | 'spend';

/** What the address of the usage page asks for; days are UTC, both inclusive. */
export interface UsageQuery {
  readonly from: string;
  readonly to: string;
  readonly by: UsageGroup;
  readonly measure: UsageMeasure;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MAX_DAYS = 366;

export const GROUPS: readonly {
  readonly value: UsageGroup;
  readonly label: string;
  readonly isForAll: boolean;
}[] = [
  { value: 'model', label: 'Model', isForAll: true },
  { value: 'key', label: 'Key', isForAll: true },
  { value: 'user', label: 'User', isForAll: false },
  { value: 'team', label: 'Team', isForAll: false },
  { value: 'provider', label: 'Provider', isForAll: false },
  { value: 'tag', label: 'Tag', isForAll: true },
  { value: 'end_user', label: 'End user', isForAll: true },
];

export const MEASURES: readonly { readonly value: UsageMeasure; readonly label: string }[] = [
  { value: 'requests', label: 'Requests' },
  { value: 'tokens', label: 'Tokens' },
  { value: 'spend', label: 'Spend' },
];

/** Whatever the address says, a period that can be shown. */
export function readUsageQuery(query: URLSearchParams, isAdmin: boolean, now = new Date()): UsageQuery {
  const today = dayOf(now.getTime());
  const to = validDay(query.get('to')) ?? today;
  const given = validDay(query.get('from'));
  const earliest = addDays(to, 1 - MAX_DAYS);
  const from =
    given === null || given > to ? addDays(to, 1 - DEFAULT_DAYS) : given < earliest ? earliest : given;
  const by = GROUPS.find(({ value, isForAll }) => value === query.get('by') && (isAdmin || isForAll));
  const measure = MEASURES.find(({ value }) => value === query.get('measure'));
  return { from, to, by: by?.value ?? 'model', measure: measure?.value ?? 'requests' };
}

export function usageHref(query: UsageQuery): string {
  return withQuery(paths.usage, { ...query });
}

/** Every day of the period, in order. */
export function daysOf({ from, to }: UsageQuery): string[] {
  const count = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
  return Array.from({ length: count }, (_, index) => addDays(from, index));
}

/** As long, and just before. */
export function periodBefore(query: UsageQuery): { startDay: string; endDay: string } {
  const count = daysOf(query).length;
  return { startDay: addDays(query.from, -count), endDay: addDays(query.from, -1) };
}

export const addDays = (day: string, days: number): string => dayOf(Date.parse(day) + days * DAY_MS);
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function validDay(text: string | null): string | null {
  if (text === null || !DAY.test(text) || text < '2020-01-01' || text > '2099-12-31') return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) || dayOf(ms) !== text ? null : text;
}
