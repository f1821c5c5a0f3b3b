import { type Caller, picoUsdFrom } from '@app/call';
import { type KeyEntity } from './key.entity.js';

/** What is kept in memory of one key: immutable, replaced whole when the key changes. */
export interface KeySnapshot {
  readonly caller: Caller;
  readonly blocked: boolean;
  readonly version: number;
}

export function snapshotOf(key: KeyEntity): KeySnapshot {
  const { tags } = key.metadata;
  const caller: Caller = Object.freeze({
    kind: 'key',
    role: null,
    keyHash: key.hash,
    keyName: key.keyName,
    keyAlias: key.keyAlias,
    userId: key.userId,
    teamId: key.teamId,
    models: key.models,
    aliases: key.aliases,
    allowedRoutes: key.allowedRoutes,
    maxBudgetPicoUsd: key.maxBudgetUsd === null ? null : picoUsdFrom(key.maxBudgetUsd),
    expiresAtMs: key.expiresAt?.getTime() ?? null,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
    metadata: key.metadata,
  });
  return { caller, blocked: key.blocked, version: Number(key.version) };
}
