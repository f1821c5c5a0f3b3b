import { type LimitRule } from '@app/call';
import { type LimitTerms, type Principals, rulesOf } from '@app/users';
import { type KeyEntity } from './key.entity.js';

/** The limits of a key, with how the windows of its budget lie. */
interface KeyTerms {
  readonly terms: LimitTerms;
  readonly windows: 'calendar' | 'own';
}

/** Its own limits; where it has none, those of the budget row that it is linked to. */
export function termsOf(key: KeyEntity, principals: Pick<Principals, 'budget'>): KeyTerms {
  const budget = principals.budget(key.budgetId);
  if (budget === null) return { terms: key, windows: 'calendar' };
  const money = key.maxBudgetUsd !== null || key.budgetDuration !== null ? key : budget;
  const terms: LimitTerms = {
    maxBudgetUsd: key.maxBudgetUsd ?? budget.maxBudgetUsd,
    softBudgetUsd: key.softBudgetUsd ?? budget.softBudgetUsd,
    budgetDuration: money.budgetDuration,
    budgetStartsAt: money.budgetStartsAt,
    rpmLimit: key.rpmLimit ?? budget.rpmLimit,
    tpmLimit: key.tpmLimit ?? budget.tpmLimit,
    maxParallelRequests: key.maxParallelRequests ?? budget.maxParallelRequests,
    modelMaxBudget: { ...budget.modelMaxBudget, ...key.modelMaxBudget },
    modelRpmLimit: { ...budget.modelRpmLimit, ...key.modelRpmLimit },
    modelTpmLimit: { ...budget.modelTpmLimit, ...key.modelTpmLimit },
  };
  return { terms, windows: money === key ? 'calendar' : 'own' };
}

/** The rules that a key itself brings along. */
export function ownRulesOf(key: KeyEntity, principals: Pick<Principals, 'budget'>): LimitRule[] {
  const { terms, windows } = termsOf(key, principals);
  return rulesOf(terms, `key:${key.hash}`, windows);
}

/** The rules of everybody above it: its team, membership and organization, or its user where it has no team. */
export function outerRulesOf(key: KeyEntity, principals: Principals): LimitRule[] {
  const team = principals.team(key.teamId);
  const organization = principals.organization(key.organizationId ?? team?.organizationId ?? null);
  const nearest =
    key.teamId === null ? [principals.user(key.userId)] : [team, principals.member(key.teamId, key.userId)];
  return [...nearest, organization].flatMap((principal) => principal?.rules ?? []);
}

/** The lists of models of everybody above it, each of which must allow a model too. */
export function outerModelsOf(key: KeyEntity, principals: Principals): (readonly string[])[] {
  const team = principals.team(key.teamId);
  const organization = principals.organization(key.organizationId ?? team?.organizationId ?? null);
  const nearest = key.teamId === null ? principals.user(key.userId) : team;
  return [nearest, organization].map((one) => one?.models ?? []).filter((models) => models.length > 0);
}

/** The key's own list, with the models of its team where it asks for those. */
export function modelsOf(key: KeyEntity, principals: Pick<Principals, 'team'>): readonly string[] {
  if (!key.models.includes('all-team-models')) return key.models;
  const team = principals.team(key.teamId);
  return team === null ? key.models : team.models;
}
