import { type Caller, type LimitRule, picoUsdFrom } from '@app/call';
import { type Principals } from '@app/users';
import { type KeyEntity } from './key.entity.js';
import { modelsOf, outerModelsOf, outerRulesOf, ownRulesOf, termsOf } from './key-terms.js';

/** What is kept in memory of one credential: immutable, replaced whole when its key changes, or whoever stands above it. */
export interface KeySnapshot {
  /** Of the credential that opens it: that of the key, or one that was replaced. */
  readonly hash: string;
  readonly caller: Caller;
  /** What blocks it: nothing, the key itself, or somebody above it. */
  readonly blockedBy: 'key' | 'user' | 'team' | null;
  /** When a replaced credential ends, in ms since 1970. */
  readonly revokedAtMs: number | null;
  readonly budgetId: string | null;
  /** The epoch at which all of it was read: the higher of two is the truer. */
  readonly version: number;
}

/** A key as it was read, with everybody above it. */
export interface LoadedKey {
  readonly hash: string;
  readonly key: KeyEntity;
  readonly principals: Principals;
  readonly revokedAtMs: number | null;
  readonly version: number;
}

/** What is known of one credential at this epoch; null: it opens nothing. */
export interface FoundKey {
  readonly hash: string;
  readonly version: number;
  readonly loaded: LoadedKey | null;
}

/** A hundred thousand snapshots share their emptiness. */
const NONE: readonly string[] = Object.freeze([]);
const NOTHING = Object.freeze({});
const NO_MODELS: readonly (readonly string[])[] = Object.freeze([]);
const NO_RULES: readonly LimitRule[] = Object.freeze([]);

const listOf = (list: readonly string[]): readonly string[] => (list.length === 0 ? NONE : list);
const objectOf = <T extends object>(object: T): T =>
  Object.keys(object).length === 0 ? (NOTHING as T) : object;

export function snapshotOf({ hash, key, principals, revokedAtMs, version }: LoadedKey): KeySnapshot {
  const user = principals.user(key.userId);
  const team = principals.team(key.teamId);
  const { tags } = key.metadata;
  const { maxBudgetUsd } = termsOf(key, principals).terms;
  const rules = [...ownRulesOf(key, principals), ...outerRulesOf(key, principals)];
  const outerModels = outerModelsOf(key, principals);
  const caller: Caller = Object.freeze({
    kind: 'key',
    role: user?.role ?? null,
    keyHash: key.hash,
    keyName: key.keyName,
    keyAlias: key.keyAlias,
    userId: key.userId,
    teamId: key.teamId,
    teamAlias: team?.alias ?? null,
    organizationId: key.organizationId ?? team?.organizationId ?? null,
    models: listOf(modelsOf(key, principals)),
    outerModels: outerModels.length === 0 ? NO_MODELS : outerModels,
    aliases: objectOf({ ...team?.aliases, ...key.aliases }),
    allowedRoutes: listOf(key.allowedRoutes),
    allowedCacheControls: listOf(key.allowedCacheControls),
    maxBudgetPicoUsd: maxBudgetUsd === null ? null : picoUsdFrom(maxBudgetUsd),
    rules: rules.length === 0 ? NO_RULES : rules,
    expiresAtMs: key.expiresAt?.getTime() ?? null,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : NONE,
    metadata: objectOf(key.metadata),
  });
  return {
    hash,
    caller,
    blockedBy: key.blocked ? 'key' : user?.blocked ? 'user' : team?.blocked ? 'team' : null,
    revokedAtMs,
    budgetId: key.budgetId,
    version,
  };
}
