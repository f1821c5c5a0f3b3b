import { KeyEntity } from './key.entity.js';
import { generateKey, hashKey, keyNameOf } from './key-hash.js';

/** The row of a key that may do everything, for a random credential. */
export function aKey(overrides: Partial<KeyEntity> = {}): KeyEntity {
  const credential = generateKey();
  const now = new Date();
  const key: KeyEntity = {
    hash: hashKey(credential),
    keyName: keyNameOf(credential),
    keyAlias: null,
    userId: null,
    teamId: null,
    models: [],
    aliases: {},
    allowedRoutes: [],
    maxBudgetUsd: null,
    expiresAt: null,
    blocked: false,
    metadata: {},
    version: '1',
    createdAt: now,
    createdBy: 'default_user_id',
    updatedAt: now,
    updatedBy: 'default_user_id',
  };
  return Object.assign(new KeyEntity(), key, overrides);
}
