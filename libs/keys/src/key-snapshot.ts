import { type Caller, picoUsdFrom } from '@app/call';
import { type KeyEntity } from './key.entity.js';

/** What is kept in memory of one key: immutable, replaced whole when the key changes. */
export interface KeySnapshot {
  readonly caller: Caller;
  readonly blocked: boolean;
  readonly version: number;
}

/** A hundred thousand snapshots share their emptiness. */
const NONE: readonly string[] = Object.freeze([]);
const NOTHING = Object.freeze({});

const listOf = (list: readonly string[]): readonly string[] => (list.length === 0 ? NONE : list);
const objectOf = <T extends object>(object: T): T =>
  Object.keys(object).length === 0 ? (NOTHING as T) : object;

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
    models: listOf(key.models),
    aliases: objectOf(key.aliases),
    allowedRoutes: listOf(key.allowedRoutes),
    maxBudgetPicoUsd: key.maxBudgetUsd === null ? null : picoUsdFrom(key.maxBudgetUsd),
    expiresAtMs: key.expiresAt?.getTime() ?? null,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : NONE,
    metadata: objectOf(key.metadata),
  });
  return { caller, blocked: key.blocked, version: Number(key.version) };
}
