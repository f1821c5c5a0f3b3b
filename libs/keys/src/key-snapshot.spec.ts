import { describe, expect, test } from '@jest/globals';
import { type LimitRule } from '@app/call';
import {
  type MemberPrincipal,
  type OrganizationPrincipal,
  type TeamPrincipal,
  type UserPrincipal,
} from '@app/users';
import { aRule } from '@testing/call';
import { aKey, aSnapshot } from './testing.js';

const aBudgetOf = (scope: string): LimitRule => aRule({ scope, maxBudgetPicoUsd: 1n });
const ann: UserPrincipal = {
  userId: 'ann',
  role: 'internal_user',
  email: null,
  models: ['small'],
  blocked: false,
  rules: [aBudgetOf('user:ann')],
};
const red: TeamPrincipal = {
  teamId: 'red',
  alias: 'The reds',
  organizationId: 'acme',
  models: ['small', 'large'],
  aliases: { fast: 'small', best: 'large' },
  blocked: false,
  metadata: {},
  memberPermissions: [],
  memberKeyDuration: null,
  rules: [aBudgetOf('team:red')],
};
const member: MemberPrincipal = {
  teamId: 'red',
  userId: 'ann',
  role: 'user',
  rules: [aBudgetOf('team_member:red:ann')],
};
const acme: OrganizationPrincipal = {
  organizationId: 'acme',
  alias: 'ACME',
  models: ['*'],
  rules: [aBudgetOf('organization:acme')],
};
const everybody = {
  user: (id: string | null) => (id === 'ann' ? ann : null),
  team: (id: string | null) => (id === 'red' ? red : null),
  member: (teamId: string | null, userId: string | null) =>
    teamId === 'red' && userId === 'ann' ? member : null,
  organization: (id: string | null) => (id === 'acme' ? acme : null),
};
const scopesOf = (rules: readonly LimitRule[]): string[] =>
  rules.map(({ scope }) => scope.replace(/[0-9a-f]{64}/, '#'));

describe('a snapshot', () => {
  test('of a personal key is bound by the key and its user', () => {
    const { caller } = aSnapshot(aKey({ userId: 'ann', maxBudgetUsd: '5' }), everybody);
    expect(scopesOf(caller.rules)).toEqual(['key:#', 'user:ann']);
    expect(caller).toMatchObject({
      role: 'internal_user',
      outerModels: [['small']],
      teamAlias: null,
      organizationId: null,
    });
  });

  test('of a team key is bound by team, member and organization, not by the user’s own limits', () => {
    const { caller } = aSnapshot(aKey({ userId: 'ann', teamId: 'red' }), everybody);
    expect(scopesOf(caller.rules)).toEqual(['team:red', 'team_member:red:ann', 'organization:acme']);
    expect(caller).toMatchObject({
      outerModels: [['small', 'large'], ['*']],
      teamAlias: 'The reds',
      organizationId: 'acme',
    });
  });

  test('of a key of nobody that is known has no role and no rules', () => {
    const { caller } = aSnapshot(aKey({ userId: 'made-up', teamId: 'gone' }), everybody);
    expect(caller).toMatchObject({ role: null, rules: [], outerModels: [] });
  });

  test('takes the models of the team where the key says so', () => {
    expect(aSnapshot(aKey({ teamId: 'red', models: ['all-team-models'] }), everybody).caller.models).toEqual(
      red.models,
    );
    expect(aSnapshot(aKey({ models: ['all-team-models'] }), everybody).caller.models).toEqual([
      'all-team-models',
    ]);
  });

  test('knows the aliases of the team, the key’s own first', () => {
    const { caller } = aSnapshot(aKey({ teamId: 'red', aliases: { best: 'small' } }), everybody);
    expect(caller.aliases).toEqual({ fast: 'small', best: 'small' });
  });

  test('has a rule for all calls and one for each model with a limit', () => {
    const key = aKey({
      rpmLimit: 0,
      tpmLimit: 100,
      maxParallelRequests: 3,
      softBudgetUsd: '1',
      modelRpmLimit: { small: 7 },
      modelMaxBudget: { large: { budget_limit: 2, time_period: '1d' } },
    });
    expect(aSnapshot(key).caller.rules).toEqual([
      expect.objectContaining({
        model: null,
        requestsPerMinute: 0,
        tokensPerMinute: 100,
        maxParallelRequests: 3,
        softBudgetPicoUsd: 10n ** 12n,
      }),
      expect.objectContaining({ model: 'large', maxBudgetPicoUsd: 2n * 10n ** 12n, budgetDuration: '1d' }),
      expect.objectContaining({ model: 'small', requestsPerMinute: 7 }),
    ]);
  });

  test('takes from a linked budget what the key has no limit for', () => {
    const terms = {
      maxBudgetUsd: '9',
      softBudgetUsd: null,
      budgetDuration: '1h',
      budgetStartsAt: new Date(1_000),
      rpmLimit: 60,
      tpmLimit: 600,
      maxParallelRequests: null,
      modelMaxBudget: {},
      modelRpmLimit: {},
      modelTpmLimit: {},
    };
    const { caller, budgetId } = aSnapshot(aKey({ budgetId: 'b1', rpmLimit: 5 }), { budget: () => terms });
    expect(budgetId).toBe('b1');
    expect(caller.maxBudgetPicoUsd).toBe(9n * 10n ** 12n);
    expect(caller.rules).toEqual([
      expect.objectContaining({
        requestsPerMinute: 5,
        tokensPerMinute: 600,
        budgetDuration: '1h',
        budgetStartsAtMs: 1_000,
      }),
    ]);
  });

  test.each<['key' | 'user' | 'team' | null, boolean, boolean, boolean]>([
    [null, false, false, false],
    ['key', true, true, true],
    ['user', false, true, true],
    ['team', false, false, true],
  ])('is blocked by %s', (blockedBy, key, user, team) => {
    const snapshot = aSnapshot(aKey({ userId: 'ann', teamId: 'red', blocked: key }), {
      ...everybody,
      user: () => ({ ...ann, blocked: user }),
      team: () => ({ ...red, blocked: team }),
    });
    expect(snapshot.blockedBy).toBe(blockedBy);
  });
});
