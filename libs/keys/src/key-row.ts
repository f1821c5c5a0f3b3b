import { type Caller } from '@app/call';
import { KeyEntity } from './key.entity.js';
import { hashKey, keyNameOf } from './key-hash.js';

/** The row of a key that may do everything, before anything is said of it. */
export function newKey(credential: string, caller: Caller, now: Date): KeyEntity {
  return Object.assign(new KeyEntity(), {
    hash: hashKey(credential),
    keyName: keyNameOf(credential),
    keyAlias: null,
    userId: null,
    teamId: null,
    organizationId: null,
    budgetId: null,
    models: [],
    aliases: {},
    allowedRoutes: [],
    allowedCacheControls: [],
    maxBudgetUsd: null,
    softBudgetUsd: null,
    budgetDuration: null,
    budgetStartsAt: now,
    rpmLimit: null,
    tpmLimit: null,
    maxParallelRequests: null,
    modelMaxBudget: {},
    modelRpmLimit: {},
    modelTpmLimit: {},
    expiresAt: null,
    blocked: false,
    metadata: {},
    version: '0',
    rotatedAt: null,
    rotationCount: 0,
    autoRotate: false,
    rotationInterval: null,
    rotationDueAt: null,
    createdAt: now,
    createdBy: actorName(caller),
    updatedAt: now,
    updatedBy: actorName(caller),
  } satisfies Record<keyof KeyEntity, unknown>);
}

/** A copy that may be changed without changing the original. */
export function copyOf(key: KeyEntity): KeyEntity {
  return Object.assign(new KeyEntity(), structuredClone(Object.assign({}, key)));
}

export const actorName = (caller: Caller): string => caller.userId ?? caller.keyHash;
