import { type Caller } from '@app/call';

/** The user of the master key: it makes every team and is a member of each, which gives a key of its name no right. */
export const MASTER_USER_ID = 'default_user_id';

/** May change everything. */
export const isAdmin = ({ role }: Caller): boolean => role === 'proxy_admin';

/** May read everything. */
export const seesEverything = ({ role }: Caller): boolean =>
  role === 'proxy_admin' || role === 'proxy_admin_viewer';

/** A key that stands for nobody: it calls models and knows itself, no more. */
export const isPlain = (caller: Caller): boolean =>
  !seesEverything(caller) &&
  (caller.role === null || caller.userId === null || caller.userId === MASTER_USER_ID);

/** May change what belongs to him, as far as the use case allows. */
export const mayWrite = (caller: Caller): boolean =>
  isAdmin(caller) || (caller.role === 'internal_user' && !isPlain(caller));
