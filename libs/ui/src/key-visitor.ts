import { NotFoundError } from '@app/call';
import { type KeyView } from '@app/keys';
import { type Visitor } from './visitor.js';

/** Who may make keys: administrators, and members for themselves. */
export const mayMint = ({ mayWrite, caller }: Visitor): boolean =>
  mayWrite || (caller.role === 'internal_user' && caller.userId !== null);

/** Who may change a key; whether he may do this with it is for the service to say. */
export const mayChange = (visitor: Visitor, key: Pick<KeyView, 'user_id'>): boolean =>
  visitor.mayWrite || (mayMint(visitor) && key.user_id === visitor.caller.userId);

/** For everybody else such a page does not exist. @throws NotFoundError */
export function requireMinter(visitor: Visitor): void {
  if (!mayMint(visitor)) throw new NotFoundError('There is no such page.');
}
