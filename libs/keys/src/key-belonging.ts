import { BadRequestError, NotFoundError, PermissionError } from '@app/call';
import { type Principals } from '@app/users';
import { expiryOf } from './key-fields.js';
import { type KeyEntity } from './key.entity.js';
import { notPermitted, notYours } from './key-rights.js';
import { isMinterAdmin, type Minter } from './minter.js';

/** Settles whose a new key is, before anything above it is read: without a word it belongs to who makes it. */
export function settleOwner(key: KeyEntity, minter: Minter): void {
  if (minter.key === null || isMinterAdmin(minter)) return;
  key.teamId ??= minter.key.teamId;
  key.userId ??= minter.caller.userId;
}

/** Whom a key names has to be there. @throws NotFoundError */
export function requireNamed(key: KeyEntity, before: KeyEntity | null, principals: Principals): void {
  if (key.teamId !== null && key.teamId !== before?.teamId && !principals.team(key.teamId))
    throw new NotFoundError(`There is no team '${key.teamId}'.`, 'team_id');
  if (key.organizationId !== null && key.organizationId !== before?.organizationId) {
    if (!principals.organization(key.organizationId))
      throw new NotFoundError(`There is no organization '${key.organizationId}'.`, 'organization_id');
  }
  if (key.budgetId !== null && key.budgetId !== before?.budgetId && !principals.budget(key.budgetId))
    throw new NotFoundError(`There is no budget '${key.budgetId}'.`, 'budget_id');
}

/**
 * Whether somebody who is no administrator may make this key. `principals` are those of the key and of himself in its team.
 * @throws PermissionError, AuthenticationError
 */
export function requireMayMake(key: KeyEntity, minter: Minter, principals: Principals, now: Date): void {
  const own = minter.caller.userId;
  if (key.budgetId !== null) throw adminsOnly('budget_id');
  if (key.teamId === null) {
    if (key.userId !== own) throw foreign('user_id');
    if (key.organizationId !== null) throw adminsOnly('organization_id');
    return;
  }
  const [team, member] = [principals.team(key.teamId), principals.member(key.teamId, own)];
  if (!team || !member) throw foreign('team_id');
  if (key.organizationId !== null && key.organizationId !== team.organizationId)
    throw adminsOnly('organization_id');
  if (member.role === 'admin') {
    if (key.userId !== own && !principals.member(key.teamId, key.userId)) throw foreign('user_id');
    return;
  }
  if (!team.memberPermissions.includes('/key/generate')) throw notPermitted('/key/generate');
  if (key.userId !== own) throw foreign('user_id');
  const latest = expiryOf(team.memberKeyDuration, now);
  if (latest === null) return;
  key.expiresAt ??= latest;
  if (key.expiresAt > latest)
    throw new PermissionError('Keys of members of this team do not live so long.', 'auth_error', 'duration');
}

/** Whom a key belongs to is changed by administrators; a team admin hands keys to members. @throws PermissionError */
export function requireMayMove(
  before: KeyEntity,
  after: KeyEntity,
  minter: Minter,
  principals: Principals,
): void {
  if (after.teamId !== before.teamId) throw adminsOnly('team_id');
  if (after.organizationId !== before.organizationId) throw adminsOnly('organization_id');
  if (after.budgetId !== before.budgetId) throw adminsOnly('budget_id');
  if (before.blocked && !after.blocked)
    throw new PermissionError('Only an administrator can unblock a key.', 'auth_error', 'blocked');
  if (after.userId === before.userId) return;
  const isTeamAdmin = principals.member(after.teamId, minter.caller.userId)?.role === 'admin';
  if (!isTeamAdmin || !principals.member(after.teamId, after.userId)) throw foreign('user_id');
}

/** @throws BadRequestError where a request names no key */
export function requireKeyName(key: string | null | undefined): string {
  if (key) return key;
  throw new BadRequestError('Name the key in `key`: the key itself or its hash.', 'key');
}

/** @throws PermissionError for a key whose hash nobody can have */
export const refuseUnknown = (minter: Minter): Error =>
  isMinterAdmin(minter) ? new NotFoundError('There is no such key.', 'key') : notYours();

const adminsOnly = (field: string): PermissionError =>
  new PermissionError(`Only an administrator can set \`${field}\`.`, 'auth_error', field);

/** Somebody else's, or nobody's: told in the same words. */
const foreign = (field: string): PermissionError =>
  new PermissionError(`You cannot make keys for this \`${field}\`.`, 'auth_error', field);
