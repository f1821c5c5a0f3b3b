import { textIn } from './source-row.js';
import { type TargetTable } from './target-table.js';

const isItself = (value: string): string => value;
const nothing = (): null => null;

/** `null` where a second one gets none. */
export const BUDGETS: TargetTable = {
  table: 'budgets',
  keys: ['budget_id'],
  isAuthored: true,
  entity: 'budget',
  unique: [],
};

export const ORGANIZATIONS: TargetTable = {
  table: 'organizations',
  keys: ['organization_id'],
  isAuthored: true,
  entity: 'organization',
  unique: [],
};

export const USERS: TargetTable = {
  table: 'users',
  keys: ['user_id'],
  isAuthored: true,
  entity: 'user',
  unique: [
    {
      column: 'user_email',
      expression: 'lower(one.user_email)',
      compared: (value) => value.toLowerCase(),
      instead: nothing,
    },
    { column: 'sso_user_id', expression: 'one.sso_user_id', compared: isItself, instead: nothing },
  ],
};

export const ORGANIZATION_MEMBERS: TargetTable = {
  table: 'organization_members',
  keys: ['organization_id', 'user_id'],
  isAuthored: false,
  entity: 'organization_member',
  unique: [],
};

export const TEAMS: TargetTable = {
  table: 'teams',
  keys: ['team_id'],
  isAuthored: true,
  entity: 'team',
  unique: [],
};

export const TEAM_MEMBERS: TargetTable = {
  table: 'team_members',
  keys: ['team_id', 'user_id'],
  isAuthored: false,
  entity: 'team_member',
  unique: [],
};

export const CUSTOMERS: TargetTable = {
  table: 'customers',
  keys: ['user_id'],
  isAuthored: true,
  entity: 'customer',
  unique: [],
};

export const KEYS: TargetTable = {
  table: 'virtual_keys',
  keys: ['hash'],
  isAuthored: true,
  entity: 'key',
  unique: [
    {
      column: 'key_alias',
      expression: 'one.key_alias',
      compared: isItself,
      instead: (row) => `${textIn(row, 'key_alias') ?? ''} (${textIn(row, 'hash')?.slice(0, 8) ?? ''})`,
    },
  ],
};

export const REPLACED_KEYS: TargetTable = {
  table: 'replaced_keys',
  keys: ['hash'],
  isAuthored: false,
  entity: 'replaced_key',
  unique: [],
};

export const MODELS: TargetTable = {
  table: 'models',
  keys: ['id'],
  isAuthored: true,
  entity: 'model',
  unique: [],
};
