import { picoUsdFrom } from '@app/call';
import { type StatusView } from './calls.view.js';
import { type KeyListQuery, type KeyState, type ListedKey } from './key-list-reader.js';
import { paths, withQuery } from './paths.js';
import { MISSING, shownCount, shownMoney, shownTime } from './shown-values.js';

const STATES: readonly { readonly value: KeyState; readonly label: string }[] = [
  { value: 'active', label: 'Active' },
  { value: 'spent', label: 'Over budget' },
  { value: 'expired', label: 'Expired' },
  { value: 'blocked', label: 'Blocked' },
];

export const DONE: Readonly<Record<string, string>> = {
  deleted: 'The key is deleted.',
  saved: 'The key is changed.',
  blocked: 'The key is blocked.',
  unblocked: 'The key works again.',
};

/** `sk-…f3Qa` */
export const shownKeyName = (name: string): string => name.replace('...', '…');

const keyTitle = ({ alias, name }: Pick<ListedKey, 'alias' | 'name'>): string => alias ?? shownKeyName(name);

export function keyStatus(key: ListedKey, now = new Date()): StatusView {
  if (key.blocked) return { tone: 'off', label: 'Blocked', note: '' };
  if (key.expiresAt && key.expiresAt <= now) {
    return { tone: 'off', label: `Expired ${shownTime(key.expiresAt, 'day').text}`, note: '' };
  }
  const budget = key.maxBudgetUsd === null ? null : picoUsdFrom(key.maxBudgetUsd);
  if (budget !== null && key.spentPicoUsd >= budget) return { tone: 'bad', label: 'Over budget', note: '' };
  return { tone: 'good', label: 'Active', note: '' };
}

/** A meter: amber from 85 %, red when nothing is left. */
export function budgetMeter(spentPicoUsd: bigint, maxBudgetUsd: string | null): object {
  const budget = maxBudgetUsd === null ? null : picoUsdFrom(maxBudgetUsd);
  const spent = shownMoney(spentPicoUsd);
  if (budget === null) return { spent, of: 'no limit', left: '', bar: false };
  const share = budget === 0n ? 1 : Number((spentPicoUsd * 10_000n) / budget) / 10_000;
  const left = spentPicoUsd >= budget ? 0n : budget - spentPicoUsd;
  return {
    spent,
    of: `of ${shownMoney(budget)}`,
    left: `${shownMoney(left)} left`,
    bar: { value: Math.min(share, 1), tone: share >= 1 ? 'bad' : share >= 0.85 ? 'warn' : '' },
  };
}

export function modelsText(models: readonly string[]): string {
  if (models.length === 0) return 'All models';
  return models.length <= 3 ? models.join(', ') : `${models.length} models`;
}

export interface KeyListPage {
  readonly query: KeyListQuery;
  readonly keys: readonly ListedKey[];
  readonly next: string | null;
  readonly count: number | null;
  readonly mayCreate: boolean;
  readonly done: string;
}

export function keysView({ query, keys, next, count, mayCreate, done }: KeyListPage): object {
  const { search, state, after } = query;
  const href = (change: Readonly<Record<string, string | null>>): string =>
    withQuery(paths.keys, { q: search, state, after, ...change });
  return {
    subtitle:
      count === null
        ? 'Keys of your own'
        : `${count >= 5000 ? 'About ' : ''}${shownCount(count)} ${count === 1 ? 'key' : 'keys'}`,
    action: paths.keys,
    newKey: mayCreate && { href: paths.newKey },
    done: DONE[done] ? { tone: 'good', icon: 'check', title: DONE[done], text: '' } : false,
    search,
    states: STATES.map((one) => ({ ...one, isSelected: one.value === state })),
    keys: keys.map((key) => ({
      href: paths.key(key.hash),
      title: keyTitle(key),
      name: key.alias === null ? '' : shownKeyName(key.name),
      status: keyStatus(key),
      team: key.teamId ?? MISSING,
      user: key.userId ?? MISSING,
      models: modelsText(key.models),
      budget: budgetMeter(key.spentPicoUsd, key.maxBudgetUsd),
      created: shownTime(key.createdAt, 'day'),
    })),
    pager: {
      text: 'Newest first',
      first: after !== null && { href: href({ after: null }) },
      next: next !== null && { href: href({ after: next }) },
    },
    empty: emptyView(search !== '' || state !== null, mayCreate),
  };
}

function emptyView(isFiltered: boolean, mayCreate: boolean): object {
  if (isFiltered) {
    return {
      icon: 'search',
      title: 'No key matches',
      text: 'Look for a part of the name, the user, the team, or the last four characters.',
      label: 'Show all keys',
      href: paths.keys,
    };
  }
  return {
    icon: 'key',
    title: 'No keys yet',
    text: 'A key lets one program or person call your models, with its own budget and limits. Give each its own, so you can see who uses what and take it back.',
    label: mayCreate ? 'Create the first key' : '',
    href: paths.newKey,
  };
}
