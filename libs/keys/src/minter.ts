import { type Caller, type LimitRule, PermissionError, type Role } from '@app/call';
import { type Principals } from '@app/users';
import { type KeyEntity } from './key.entity.js';
import { modelsOf, outerModelsOf, outerRulesOf, ownRulesOf, termsOf } from './key-terms.js';
import { limitBeyond, limitUnshared, modelBeyond, isWordBeyond, routeBeyond } from './narrower.js';

/** Who makes or changes keys, as the database knows him at that moment. */
export interface Minter {
  readonly caller: Caller;
  readonly role: Role | null;
  /** The key he does it with; null for the master key, which nothing limits. */
  readonly key: KeyEntity | null;
  readonly principals: Principals;
}

export const isMinterAdmin = ({ role }: Minter): boolean => role === 'proxy_admin';

/** Fields that were not given come from the key that makes it, where that one is limited. */
export function inheritLimits(key: KeyEntity, minter: Minter): void {
  const { key: own, principals } = minter;
  if (own === null) return;
  const { terms } = termsOf(own, principals);
  if (key.models.length === 0) key.models = [...modelsOf(own, principals)];
  if (key.allowedRoutes.length === 0) key.allowedRoutes = [...own.allowedRoutes];
  if (key.allowedCacheControls.length === 0) key.allowedCacheControls = [...own.allowedCacheControls];
  key.expiresAt ??= own.expiresAt;
  if (key.maxBudgetUsd === null && terms.maxBudgetUsd !== null) {
    key.maxBudgetUsd = terms.maxBudgetUsd;
    key.budgetDuration ??= terms.budgetDuration;
  }
  key.rpmLimit ??= terms.rpmLimit;
  key.tpmLimit ??= terms.tpmLimit;
  key.maxParallelRequests ??= terms.maxParallelRequests;
  key.modelMaxBudget = { ...terms.modelMaxBudget, ...key.modelMaxBudget };
  key.modelRpmLimit = { ...terms.modelRpmLimit, ...key.modelRpmLimit };
  key.modelTpmLimit = { ...terms.modelTpmLimit, ...key.modelTpmLimit };
}

/** A key has the role of its user: no key is made, moved or renewed by somebody of a lower one. */
const RANKS: Readonly<Record<Role, number>> = {
  proxy_admin: 4,
  proxy_admin_viewer: 3,
  internal_user: 2,
  internal_user_viewer: 1,
};
const rankOf = (role: Role | null | undefined): number => (role ? RANKS[role] : 0);

/** Where a key goes beyond the key of its minter: the fields, by their names on the wire. */
export function fieldsBeyond(key: KeyEntity, principals: Principals, minter: Minter): string[] {
  const { key: own } = minter;
  if (own === null) return [];
  const granted = modelsOf(own, minter.principals);
  const beyond = {
    models: modelBeyond(granted, modelsOf(key, principals)) !== null,
    aliases: aliasBeyond(key, principals, minter),
    allowed_routes: routeBeyond(own.allowedRoutes, key.allowedRoutes) !== null,
    allowed_cache_controls: isWordBeyond(own.allowedCacheControls, key.allowedCacheControls),
    duration: isLater(key.expiresAt, own.expiresAt),
    team_id: own.teamId !== null && own.teamId !== key.teamId,
    user_id: rankOf(principals.user(key.userId)?.role) > rankOf(minter.role),
  };
  const fields = Object.entries(beyond).flatMap(([field, is]) => (is ? [field] : []));
  const limit = limitBeyond(rulesOfKey(own, minter.principals), rulesOfKey(key, principals));
  return limit === null ? fields : [...fields, limit];
}

/** A key that is itself limited makes others only where somebody above limits all of them together. @throws PermissionError */
export function requireSharedLimits(key: KeyEntity, principals: Principals, minter: Minter): void {
  if (minter.key === null) return;
  const own = rulesOfKey(minter.key, minter.principals);
  const field = limitUnshared(own, outerRulesOf(key, principals));
  if (field === null) return;
  throw new PermissionError(
    `The key you use has a ${field} of its own that neither your user nor the team shares: a key made with it would begin afresh.`,
    'auth_error',
    field,
  );
}

const rulesOfKey = (key: KeyEntity, principals: Principals): LimitRule[] => ownRulesOf(key, principals);

const isLater = (wanted: Date | null, granted: Date | null): boolean =>
  granted !== null && (wanted === null || wanted > granted);

/**
 * An alias that is allowed opens what it stands for: each list has to allow the target by itself. Limits of one model go
 * by the name that is asked for: under another one, what they hold back would be free.
 */
function aliasBeyond(
  key: KeyEntity,
  principals: Principals,
  { key: own, principals: above }: Minter,
): boolean {
  const lists = [...outerModelsOf(key, principals), ...(own ? [modelsOf(own, above)] : [])];
  const rules = [...outerRulesOf(key, principals), ...(own ? rulesOfKey(own, above) : [])];
  const limited = new Set(rules.map(({ model }) => model));
  return Object.entries(key.aliases).some(
    ([name, target]) =>
      own?.aliases[name] !== target &&
      ((limited.has(target) && name !== target) ||
        lists.some((list) => modelBeyond(list, [target]) !== null)),
  );
}
