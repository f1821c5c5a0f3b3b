import { AuthenticationError, type Caller, PermissionError, RouteRightError } from '@app/call';
import { type Principals } from '@app/users';
import { type KeyEntity } from './key.entity.js';
import { isMinterAdmin, type Minter } from './minter.js';

export type KeyAction = 'info' | 'update' | 'delete' | 'regenerate' | 'block' | 'unblock' | 'reset_spend';

/** What members of a team may do with its keys where the team does not say. */
const MEMBER_DEFAULTS: readonly string[] = ['/key/info', '/key/health'];
const ROUTES: Readonly<Record<KeyAction, string>> = {
  info: '/key/info',
  update: '/key/update',
  delete: '/key/delete',
  regenerate: '/key/regenerate',
  block: '/key/block',
  unblock: '/key/unblock',
  reset_spend: '/key/{key}/reset_spend',
};

/** Who may see a key: whose it is, who uses it, its team, and who sees everything. `principals` are those of caller and team. */
export function maySee(caller: Caller, key: KeyEntity, principals: Principals): boolean {
  if (caller.kind === 'anonymous') return false;
  if (caller.role === 'proxy_admin' || caller.role === 'proxy_admin_viewer') return true;
  if (caller.keyHash === key.hash) return true;
  if (caller.userId === null) return false;
  if (caller.userId === key.userId) return true;
  return caller.role !== null && mayAsMember('info', key, principals, caller.userId);
}

/**
 * Whether somebody may do this with a key. Who may not even see it is told the same as of a key that is not there.
 * @throws PermissionError, AuthenticationError for members of its team whom the team does not permit it
 */
export function requireRight(
  action: KeyAction,
  key: KeyEntity,
  minter: Minter,
  principals: Principals,
): void {
  if (isMinterAdmin(minter)) return;
  const { userId } = minter.caller;
  requireMinter({ role: minter.role, userId }, ROUTES[action]);
  if (userId === null || !maySee({ ...minter.caller, role: minter.role }, key, principals)) throw notYours();
  if (action === 'unblock') throw new PermissionError('Only an administrator can unblock a key.');
  if (action === 'reset_spend') {
    requireTeamAdmin(key, minter, principals);
    return;
  }
  const isOwn = key.userId === userId;
  if (isOwn && (key.teamId === null || action === 'delete' || action === 'block')) return;
  if (principals.member(key.teamId, userId)?.role === 'admin') return;
  // Deleting and blocking is for owners and team admins, whatever the team permits.
  if (action === 'delete' || action === 'block') throw notYours();
  if (!mayAsMember(action, key, principals, userId)) throw notPermitted(ROUTES[action]);
}

/** Spend is let off by who gave the money out: nobody does it for himself. */
function requireTeamAdmin(key: KeyEntity, { caller, key: used }: Minter, principals: Principals): void {
  const isAdmin = principals.member(key.teamId, caller.userId)?.role === 'admin';
  if (isAdmin && key.userId !== caller.userId && key.hash !== used?.hash) return;
  throw new PermissionError("Only an administrator, or one of the key's team, can reset what it has spent.");
}

/** @throws PermissionError for viewers, and for keys that stand for no user */
export function requireMinter({ role, userId }: Pick<Caller, 'role' | 'userId'>, route: string): void {
  if (role === 'proxy_admin' || role === 'internal_user') return;
  throw routeRefused({ role, userId }, route);
}

/** The refusal of a route to who has not the role for it, in the words that clients look for. */
export function routeRefused(
  { role, userId }: Pick<Caller, 'role' | 'userId'>,
  route: string,
): RouteRightError {
  const user = userId === null ? 'None' : `${userId.slice(0, 2)}****${userId.slice(-2)}`;
  return new RouteRightError(
    'Authentication Error, Only proxy admin can be used to generate, delete, update info for new keys/users/teams. ' +
      `Route=${route}. Your role=${role ?? 'unknown'}. Your user_id=${user}`,
  );
}

/** 401 as the contract has it, for a member of a team. */
export const notPermitted = (route: string): AuthenticationError =>
  new AuthenticationError(
    `Team member does not have permissions for endpoint ${route}.`,
    'team_member_permission_error',
    route,
  );

/** The same words whether there is such a key or not. */
export const notYours = (): PermissionError =>
  new PermissionError('There is no such key, or it is not yours.', 'auth_error', 'key');

function mayAsMember(action: KeyAction, key: KeyEntity, principals: Principals, userId: string): boolean {
  const [team, member] = [principals.team(key.teamId), principals.member(key.teamId, userId)];
  if (team === null || member === null) return false;
  if (member.role === 'admin') return true;
  const permitted = team.memberPermissions.length === 0 ? MEMBER_DEFAULTS : team.memberPermissions;
  return permitted.includes(ROUTES[action]);
}
