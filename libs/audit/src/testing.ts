import { ANONYMOUS, type Caller } from '@app/call';
import { type Actor } from './actor.js';

/** Somebody with the master key on this machine. */
export function anActor(overrides: Partial<Actor> = {}, caller: Partial<Caller> = {}): Actor {
  const master: Caller = {
    ...ANONYMOUS,
    kind: 'master',
    role: 'proxy_admin',
    keyHash: 'f'.repeat(64),
    keyName: 'master key',
    userId: 'default_user_id',
  };
  return { caller: { ...master, ...caller }, address: '127.0.0.1', changedBy: null, ...overrides };
}
