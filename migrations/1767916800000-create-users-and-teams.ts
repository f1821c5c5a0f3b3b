import { type MigrationInterface, type QueryRunner } from 'typeorm';

const MONEY = (name: string): string => `${name} numeric(38,12) CHECK (${name} >= 0 AND ${name} < 1e15)`;

/** What limits a user, a team or whoever a budget binds. What has been spent is counted elsewhere. */
const LIMITS = `${MONEY('max_budget_usd')},
  ${MONEY('soft_budget_usd')},
  budget_duration text,
  budget_starts_at timestamptz NOT NULL DEFAULT now(),
  rpm_limit int8 CHECK (rpm_limit >= 0),
  tpm_limit int8 CHECK (tpm_limit >= 0),
  max_parallel_requests int4 CHECK (max_parallel_requests >= 0),
  model_max_budget jsonb NOT NULL DEFAULT '{}',
  model_rpm_limit jsonb NOT NULL DEFAULT '{}',
  model_tpm_limit jsonb NOT NULL DEFAULT '{}'`;

const WHO_AND_WHEN = `created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  updated_by text NOT NULL`;

/** `made_for` names the scope of the one thing that a budget was made for, and with which it goes. */
const BUDGETS = `CREATE TABLE budgets (
  budget_id text PRIMARY KEY,
  made_for text UNIQUE,
  ${LIMITS},
  ${WHO_AND_WHEN}
)`;

const ORGANIZATIONS = `CREATE TABLE organizations (
  organization_id text PRIMARY KEY,
  organization_alias text NOT NULL,
  budget_id text NOT NULL REFERENCES budgets,
  models text[] NOT NULL DEFAULT '{}',
  metadata jsonb NOT NULL DEFAULT '{}',
  ${WHO_AND_WHEN}
)`;

const USERS = `CREATE TABLE users (
  user_id text PRIMARY KEY,
  user_alias text,
  user_email text,
  sso_user_id text UNIQUE,
  user_role text CHECK (user_role IN ('proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer')),
  models text[] NOT NULL DEFAULT '{}',
  metadata jsonb NOT NULL DEFAULT '{}',
  blocked boolean NOT NULL DEFAULT false,
  ${LIMITS},
  ${WHO_AND_WHEN}
)`;

const TEAMS = `CREATE TABLE teams (
  team_id text PRIMARY KEY,
  team_alias text,
  organization_id text REFERENCES organizations,
  models text[] NOT NULL DEFAULT '{}',
  model_aliases jsonb NOT NULL DEFAULT '{}',
  metadata jsonb NOT NULL DEFAULT '{}',
  blocked boolean NOT NULL DEFAULT false,
  member_permissions text[] NOT NULL DEFAULT '{}',
  ${MONEY('member_budget_usd')},
  member_budget_duration text,
  member_rpm_limit int8 CHECK (member_rpm_limit >= 0),
  member_tpm_limit int8 CHECK (member_tpm_limit >= 0),
  member_key_duration text,
  ${LIMITS},
  ${WHO_AND_WHEN}
)`;

const TEAM_MEMBERS = `CREATE TABLE team_members (
  team_id text NOT NULL REFERENCES teams ON DELETE CASCADE,
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('admin', 'user')),
  budget_id text REFERENCES budgets,
  added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (team_id, user_id)
)`;

const ORGANIZATION_MEMBERS = `CREATE TABLE organization_members (
  organization_id text NOT NULL REFERENCES organizations ON DELETE CASCADE,
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('org_admin', 'internal_user', 'internal_user_viewer')),
  budget_id text REFERENCES budgets,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (organization_id, user_id)
)`;

const CUSTOMERS = `CREATE TABLE customers (
  user_id text PRIMARY KEY,
  alias text,
  blocked boolean NOT NULL DEFAULT false,
  budget_id text REFERENCES budgets,
  ${WHO_AND_WHEN}
)`;

/** Beside key_changes, under the same epoch: what replicas have to read again. */
const CHANGES = `CREATE TABLE principal_changes (
  epoch bigint NOT NULL,
  scope text COLLATE "C" NOT NULL,
  PRIMARY KEY (epoch, scope)
)`;

const INDEXES = [
  'CREATE UNIQUE INDEX users_email ON users (lower(user_email)) WHERE user_email IS NOT NULL',
  'CREATE INDEX users_created ON users (created_at, user_id)',
  'CREATE INDEX users_alias ON users (user_alias, user_id)',
  'CREATE INDEX users_role ON users (user_role, created_at, user_id)',
  'CREATE INDEX teams_created ON teams (created_at, team_id)',
  'CREATE INDEX teams_alias ON teams (team_alias, team_id)',
  'CREATE INDEX teams_organization ON teams (organization_id) WHERE organization_id IS NOT NULL',
  'CREATE INDEX team_members_user ON team_members (user_id)',
  'CREATE INDEX team_members_budget ON team_members (budget_id) WHERE budget_id IS NOT NULL',
  'CREATE INDEX organizations_budget ON organizations (budget_id)',
  'CREATE INDEX organization_members_user ON organization_members (user_id)',
  'CREATE INDEX organization_members_budget ON organization_members (budget_id) WHERE budget_id IS NOT NULL',
  'CREATE INDEX customers_created ON customers (created_at, user_id)',
  'CREATE INDEX customers_budget ON customers (budget_id) WHERE budget_id IS NOT NULL',
  'CREATE INDEX budgets_created ON budgets (created_at, budget_id)',
];

export class CreateUsersAndTeams1767916800000 implements MigrationInterface {
  name = 'CreateUsersAndTeams1767916800000';

  async up(runner: QueryRunner): Promise<void> {
    const tables = [
      BUDGETS,
      ORGANIZATIONS,
      USERS,
      TEAMS,
      TEAM_MEMBERS,
      ORGANIZATION_MEMBERS,
      CUSTOMERS,
      CHANGES,
    ];
    for (const statement of [...tables, ...INDEXES]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE principal_changes, customers, organization_members, team_members, teams, users,
      organizations, budgets`);
  }
}
