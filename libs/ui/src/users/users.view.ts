import { type ListedUser } from '@app/admin';
import { rowMeter } from '../owners/limits-panel.view.js';
import { ownerStatus } from '../owners/owner-status.js';
import { paths } from '../paths.js';
import { MISSING, shownCount, shownTime } from '../shown-values.js';

const ROLE_BADGES: Readonly<Record<string, { readonly label: string; readonly tone: string }>> = {
  proxy_admin: { label: 'Admin', tone: 'accent' },
  proxy_admin_viewer: { label: 'Admin, looks', tone: 'accent' },
  internal_user: { label: 'Member', tone: '' },
  internal_user_viewer: { label: 'Viewer', tone: '' },
};

export const roleBadge = (role: string | null): object =>
  ROLE_BADGES[role ?? 'internal_user'] ?? { label: role ?? '', tone: '' };

export const userRows = (users: readonly ListedUser[]): object[] =>
  users.map((user) => ({
    href: paths.user(user.user_id),
    title: user.user_alias ?? user.user_email ?? user.user_id,
    name: user.user_alias ? (user.user_email ?? user.user_id) : user.user_email ? user.user_id : '',
    role: roleBadge(user.user_role),
    status: ownerStatus(user),
    teams: user.teams.length === 0 ? MISSING : user.teams.slice(0, 3).join(', '),
    keys: shownCount(user.keys),
    budget: rowMeter(user),
    created: shownTime(new Date(user.created_at), 'day'),
  }));
