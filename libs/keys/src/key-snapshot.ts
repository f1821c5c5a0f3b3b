import { type Caller, type LimitRule, picoUsdFrom } from '@app/call';
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
const NO_MODELS: readonly (readonly string[])[] = Object.freeze([]);
const NO_RULES: readonly LimitRule[] = Object.freeze([]);

const listOf = (list: readonly string[]): readonly string[] => (list.length === 0 ? NONE : list);
const objectOf = <T extends object>(object: T): T =>
  Object.keys(object).length === 0 ? (NOTHING as T) : object;

export function snapshotOf(key: KeyEntity): KeySnapshot {
  const { tags } = key.metadata;
  const maxBudgetPicoUsd = key.maxBudgetUsd === null ? null : picoUsdFrom(key.maxBudgetUsd);
  const caller: Caller = Object.freeze({
    kind: 'key',
    role: null,
    keyHash: key.hash,
    keyName: key.keyName,
    keyAlias: key.keyAlias,
    userId: key.userId,
    teamId: key.teamId,
    teamAlias: null,
    organizationId: null,
    models: listOf(key.models),
    outerModels: NO_MODELS,
    aliases: objectOf(key.aliases),
    allowedRoutes: listOf(key.allowedRoutes),
    maxBudgetPicoUsd,
    rules: maxBudgetPicoUsd === null ? NO_RULES : [ruleOf(key, maxBudgetPicoUsd)],
    expiresAtMs: key.expiresAt?.getTime() ?? null,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : NONE,
    metadata: objectOf(key.metadata),
  });
  return { caller, blocked: key.blocked, version: Number(key.version) };
}

function ruleOf(key: KeyEntity, maxBudgetPicoUsd: bigint): LimitRule {
  return Object.freeze({
    scope: `key:${key.hash}`,
    model: null,
    maxBudgetPicoUsd,
    softBudgetPicoUsd: null,
    budgetDuration: null,
    budgetStartsAtMs: key.createdAt.getTime(),
    requestsPerMinute: null,
    tokensPerMinute: null,
    maxParallelRequests: null,
  });
}
