import { type SqlCondition } from './directory-query.js';

/** What a list of the pages can show. */
export type DirectoryKind = 'key' | 'user' | 'team' | 'customer' | 'budget';

/** How the rows of one kind are found. */
export interface KindOfRows {
  readonly table: string;
  readonly id: string;
  /** Of its indexes: what people call it, in lower case. */
  readonly name: string;
  /** Which rows there are at all. */
  readonly only: string | null;
  readonly filters: Readonly<Record<string, SqlCondition>>;
}

/** Whose budget of the running window is used up; `amount` is what it may be. */
const usedUp = (scope: string, amount: string): string => `(${amount} = 0 OR EXISTS (
  SELECT FROM limit_accounts AS account WHERE account.scope = (${scope}) COLLATE "C" AND account.model = ''
    AND account.kind = 'money' AND now() >= account.starts_at AND now() < account.ends_at
    AND account.spent >= ${amount} * 1000000000000))`;

const states = (scope: string, amount: string): SqlCondition => ({
  choices: { blocked: 'blocked', active: 'NOT blocked', spent: usedUp(scope, amount) },
});

export const KINDS: Readonly<Record<DirectoryKind, KindOfRows>> = {
  key: {
    table: 'virtual_keys',
    id: 'hash',
    name: 'lower(coalesce(key_alias, key_name))',
    // Sessions of LiteLLM's pages were keys too.
    only: `team_id IS DISTINCT FROM 'litellm-dashboard'`,
    filters: {
      state: {
        choices: {
          active: 'NOT blocked AND (expires_at IS NULL OR expires_at > now())',
          blocked: 'blocked',
          expired: 'expires_at <= now()',
          spent: usedUp(`'key:' || hash`, 'max_budget_usd'),
        },
      },
      user: { equals: 'user_id' },
      team: { equals: 'team_id' },
      hash: { equals: 'hash' },
    },
  },
  user: {
    table: 'users',
    id: 'user_id',
    name: 'lower(coalesce(user_alias, user_email, user_id))',
    only: null,
    filters: {
      state: states(`'user:' || user_id`, 'max_budget_usd'),
      role: { equals: `coalesce(user_role, 'internal_user')` },
    },
  },
  team: {
    table: 'teams',
    id: 'team_id',
    name: 'lower(coalesce(team_alias, team_id))',
    only: null,
    filters: { state: states(`'team:' || team_id`, 'max_budget_usd') },
  },
  customer: {
    table: 'customers',
    id: 'user_id',
    name: 'lower(coalesce(alias, user_id))',
    only: null,
    filters: {
      state: states(
        `'end_user:' || user_id`,
        '(SELECT max_budget_usd FROM budgets WHERE budgets.budget_id = customers.budget_id)',
      ),
      budget: { equals: 'budget_id' },
    },
  },
  budget: {
    table: 'budgets',
    id: 'budget_id',
    name: 'lower(budget_id)',
    only: 'made_for IS NULL',
    filters: {},
  },
};
