import { type Caller } from '@app/call';

/** May change everything. */
export const isAdmin = ({ role }: Caller): boolean => role === 'proxy_admin';

/** May read everything. */
export const seesEverything = ({ role }: Caller): boolean =>
  role === 'proxy_admin' || role === 'proxy_admin_viewer';

/** A key that stands for no user: it calls models and knows itself, no more. */
export const isPlain = ({ role }: Caller): boolean => role === null;

/** May change what belongs to him, as far as the use case allows. */
export const mayWrite = ({ role }: Caller): boolean => role === 'proxy_admin' || role === 'internal_user';
