import { type DirectoryQuery, type ListedKey } from '@app/admin';
import { picoUsdFrom } from '@app/call';
import { type TokenView } from '@app/keys';
import { type StatusView } from './calls.view.js';
import { modelsText, rowMeter } from './owners/limits-panel.view.js';
import { isNarrowed, type ListFilter, listFrame } from './owners/list-query.js';
import { countText, doneFlash } from './owners/owner-status.js';
import { paths } from './paths.js';
import { MISSING, shownTime } from './shown-values.js';

export const KEY_FILTERS: readonly ListFilter[] = [
  {
    name: 'state',
    label: 'Any status',
    choices: [
      { value: 'active', label: 'Active' },
      { value: 'spent', label: 'Over budget' },
      { value: 'expired', label: 'Expired' },
      { value: 'blocked', label: 'Blocked' },
    ],
  },
];

export const DONE: Readonly<Record<string, string>> = {
  deleted: 'The key is deleted.',
  saved: 'The key is changed.',
  blocked: 'The key is blocked.',
  unblocked: 'The key works again.',
};

/** `sk-…f3Qa` */
export const shownKeyName = (name: string): string => name.replace('...', '…');

/** How a key stands; its `spend` is that of the running window. */
export function keyStatus(
  key: Pick<TokenView, 'blocked' | 'expires' | 'max_budget' | 'spend'>,
  now = new Date(),
): StatusView {
  if (key.blocked) return { tone: 'off', label: 'Blocked', note: '' };
  const expiresAt = key.expires === null ? null : new Date(key.expires);
  if (expiresAt && expiresAt <= now) {
    return { tone: 'off', label: `Expired ${shownTime(expiresAt, 'day').text}`, note: '' };
  }
  const budget = key.max_budget === null ? null : picoUsdFrom(key.max_budget);
  const isSpent = budget !== null && (picoUsdFrom(key.spend) ?? 0n) >= budget;
  return isSpent
    ? { tone: 'bad', label: 'Over budget', note: '' }
    : { tone: 'good', label: 'Active', note: '' };
}

export interface KeyListPage {
  readonly query: DirectoryQuery;
  readonly keys: readonly ListedKey[];
  readonly next: string | null;
  /** Null for who sees his own only. */
  readonly count: number | null;
  readonly mayCreate: boolean;
  readonly done: string | null;
}

export function keysView({ query, keys, next, count, mayCreate, done }: KeyListPage): object {
  return {
    subtitle: count === null ? 'Keys of your own' : countText(count, 'key', 'keys'),
    newKey: mayCreate && { href: paths.newKey },
    done: doneFlash(DONE, done),
    list: listFrame({
      path: paths.keys,
      query,
      filters: KEY_FILTERS,
      next,
      placeholder: 'Name, last four characters, user, team',
    }),
    keys: keys.map((key) => ({
      href: paths.key(key.token),
      title: key.key_alias ?? shownKeyName(key.key_name),
      name: key.key_alias === null ? '' : shownKeyName(key.key_name),
      status: keyStatus(key),
      team: key.team_id ?? MISSING,
      user: key.user_id ?? MISSING,
      models: modelsText(key.models),
      budget: rowMeter(key),
      created: shownTime(new Date(key.created_at), 'day'),
    })),
    empty: emptyView(isNarrowed(query), mayCreate),
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
