import { picoUsdFrom } from '@app/call';
import { type StatusView } from '../calls.view.js';
import { plural } from '../shown-values.js';

/** How something with a budget stands. */
export function ownerStatus(row: {
  readonly blocked: boolean;
  readonly max_budget: number | null;
  readonly spend: number;
}): StatusView {
  if (row.blocked) return { tone: 'off', label: 'Blocked', note: '' };
  const budget = row.max_budget === null ? null : picoUsdFrom(row.max_budget);
  if (budget !== null && (picoUsdFrom(row.spend) ?? 0n) >= budget) {
    return { tone: 'bad', label: 'Over budget', note: '' };
  }
  return { tone: 'good', label: 'Active', note: '' };
}

/** What has just been done, said once; the address brings the word. */
export function doneFlash(words: Readonly<Record<string, string>>, done: string | null): object | false {
  const title = done !== null && Object.hasOwn(words, done) ? words[done] : undefined;
  return title !== undefined && { tone: 'good', icon: 'check', title, text: '' };
}

/** `3 users`, `About 100,000 users`. */
export function countText(count: number, one: string, many: string): string {
  return `${count >= 5_000 ? 'About ' : ''}${plural(Math.round(count), one, { many })}`;
}
