import { type DirectoryQuery, type ListedUser } from '@app/admin';
import { isNarrowed, type ListFilter, listFrame, STATE_FILTER } from '../owners/list-query.js';
import { rowMeter } from '../owners/limits-panel.view.js';
import { countText, doneFlash, ownerStatus } from '../owners/owner-status.js';
import { paths } from '../paths.js';
import { MISSING, shownCount, shownTime } from '../shown-values.js';

export const USER_FILTERS: readonly ListFilter[] = [
  STATE_FILTER,
  {
    name: 'role',
    label: 'Any role',
    choices: [
      { value: 'internal_user', label: 'Members' },
      { value: 'internal_user_viewer', label: 'Viewers' },
      { value: 'proxy_admin', label: 'Administrators' },
      { value: 'proxy_admin_viewer', label: 'Who only look' },
    ],
  },
];

const ROLE_BADGES: Readonly<Record<string, { readonly label: string; readonly tone: string }>> = {
  proxy_admin: { label: 'Admin', tone: 'accent' },
  proxy_admin_viewer: { label: 'Admin, looks', tone: 'accent' },
  internal_user: { label: 'Member', tone: '' },
  internal_user_viewer: { label: 'Viewer', tone: '' },
};

export const roleBadge = (role: string | null): object =>
  ROLE_BADGES[role ?? 'internal_user'] ?? { label: role ?? '', tone: '' };

const DONE = { deleted: 'The user and all keys of the user are deleted.' };

export interface UserListPage {
  readonly query: DirectoryQuery;
  readonly users: readonly ListedUser[];
  readonly next: string | null;
  readonly count: number;
  readonly mayWrite: boolean;
  readonly done: string | null;
}

export function usersView({ query, users, next, count, mayWrite, done }: UserListPage): object {
  return {
    subtitle: countText(count, 'user', 'users'),
    add: mayWrite && { href: paths.newUser },
    done: doneFlash(DONE, done),
    list: listFrame({
      path: paths.users,
      query,
      filters: USER_FILTERS,
      next,
      placeholder: 'Name, address, id',
    }),
    users: users.map((user) => ({
      href: paths.user(user.user_id),
      title: user.user_alias ?? user.user_email ?? user.user_id,
      name: user.user_alias ? (user.user_email ?? user.user_id) : user.user_email ? user.user_id : '',
      role: roleBadge(user.user_role),
      status: ownerStatus(user),
      teams: user.teams.length === 0 ? MISSING : user.teams.slice(0, 3).join(', '),
      keys: shownCount(user.keys),
      budget: rowMeter(user),
      created: shownTime(new Date(user.created_at), 'day'),
    })),
    empty: isNarrowed(query)
      ? {
          icon: 'search',
          title: 'No user matches',
          text: 'Look for a part of the name, the address or the id.',
          label: 'Show all users',
          href: paths.users,
        }
      : {
          icon: 'user',
          title: 'No users yet',
          text: 'A user is a person or a service that owns keys. Budget and limits of a user hold over all of his keys, and usage is counted for him.',
          label: mayWrite ? 'Add the first user' : '',
          href: paths.newUser,
        },
  };
}
