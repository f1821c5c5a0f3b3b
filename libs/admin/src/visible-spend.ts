import { hash } from 'node:crypto';
import { type Caller, PermissionError } from '@app/call';

/** Whose spend is asked for; what is absent does not narrow. */
export interface SpendOwner {
  /** SHA-256 of the key, in hex. */
  readonly keyHash?: string;
  readonly userId?: string;
}

/** Administrators see what everybody has spent. */
export function seesAllSpend({ kind, role }: Caller): boolean {
  return kind === 'master' || role === 'proxy_admin' || role === 'proxy_admin_viewer';
}

/** What is wished for, narrowed to what the caller may see: a user its own spend, a key without a user its own rows. */
export function visibleSpend<Wish extends object>(
  wish: Wish & SpendOwner,
  caller: Caller,
): Wish & SpendOwner {
  if (seesAllSpend(caller)) return wish;
  if (caller.userId !== null) return { ...wish, userId: caller.userId };
  const others = Object.fromEntries(Object.entries(wish).filter(([name]) => name !== 'userId')) as Wish;
  return { ...others, keyHash: caller.keyHash };
}

/** @throws PermissionError for keys that stand for no user with a role */
export function requireSpendRole(caller: Caller, route: string): void {
  if (caller.role !== null || seesAllSpend(caller)) return;
  throw new PermissionError(
    `Authentication Error, Only proxy admin, or a user with a role, can see the spend of others. Route=${route}`,
  );
}

/** The hash of a key; what does not begin with `sk-` is one already. */
export function hashOf(key: string): string {
  return key.startsWith('sk-') ? hash('sha256', key, 'hex') : key;
}
