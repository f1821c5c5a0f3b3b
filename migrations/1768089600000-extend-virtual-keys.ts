import { type MigrationInterface, type QueryRunner } from 'typeorm';

const MONEY = (column: string): string =>
  `${column} numeric(38,12) CHECK (${column} >= 0 AND ${column} < 1e15)`;
const COUNT = (column: string, type: string): string => `${column} ${type} CHECK (${column} >= 0)`;

const COLUMNS = [
  'organization_id text',
  'budget_id text',
  MONEY('soft_budget_usd'),
  'budget_duration text',
  'budget_starts_at timestamptz NOT NULL DEFAULT now()',
  COUNT('rpm_limit', 'int8'),
  COUNT('tpm_limit', 'int8'),
  COUNT('max_parallel_requests', 'int4'),
  `model_max_budget jsonb NOT NULL DEFAULT '{}'`,
  `model_rpm_limit jsonb NOT NULL DEFAULT '{}'`,
  `model_tpm_limit jsonb NOT NULL DEFAULT '{}'`,
  'rotated_at timestamptz',
  'rotation_count int4 NOT NULL DEFAULT 0',
];

/** Credentials that were replaced and still open the key until `revoke_at`. */
const REPLACED = `CREATE TABLE replaced_keys (
  hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
  active_hash text NOT NULL REFERENCES virtual_keys (hash) ON UPDATE CASCADE ON DELETE CASCADE,
  revoke_at timestamptz NOT NULL
)`;

/** What was deleted, as it was shown last. */
const DELETED = `CREATE TABLE deleted_keys (
  hash text NOT NULL,
  deleted_at timestamptz NOT NULL,
  deleted_by text NOT NULL,
  key_alias text,
  user_id text,
  team_id text,
  organization_id text,
  shown jsonb NOT NULL,
  PRIMARY KEY (hash, deleted_at)
)`;

/** What lists are ordered or searched by. */
const INDEXES = [
  'CREATE INDEX virtual_keys_created_at ON virtual_keys (created_at, hash)',
  'CREATE INDEX virtual_keys_updated_at ON virtual_keys (updated_at, hash)',
  'CREATE INDEX virtual_keys_alias_order ON virtual_keys (key_alias, hash)',
  'CREATE INDEX virtual_keys_max_budget ON virtual_keys (max_budget_usd, hash)',
  'CREATE INDEX virtual_keys_expires_at ON virtual_keys (expires_at, hash)',
  'CREATE INDEX virtual_keys_user_created ON virtual_keys (user_id, created_at, hash) WHERE user_id IS NOT NULL',
  'CREATE INDEX virtual_keys_team_created ON virtual_keys (team_id, created_at, hash) WHERE team_id IS NOT NULL',
  'CREATE INDEX virtual_keys_creator ON virtual_keys (created_by, created_at, hash)',
  'CREATE INDEX virtual_keys_organization ON virtual_keys (organization_id) WHERE organization_id IS NOT NULL',
  'CREATE INDEX virtual_keys_budget ON virtual_keys (budget_id) WHERE budget_id IS NOT NULL',
  'CREATE INDEX replaced_keys_active ON replaced_keys (active_hash)',
  'CREATE INDEX deleted_keys_time ON deleted_keys (deleted_at, hash)',
  'CREATE INDEX deleted_keys_user ON deleted_keys (user_id, deleted_at) WHERE user_id IS NOT NULL',
  'CREATE INDEX deleted_keys_team ON deleted_keys (team_id, deleted_at) WHERE team_id IS NOT NULL',
];

export class ExtendVirtualKeys1768089600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE virtual_keys ${COLUMNS.map((column) => `ADD COLUMN ${column}`).join(', ')}`,
    );
    // Budgets that run already count from the making of their key.
    await runner.query('UPDATE virtual_keys SET budget_starts_at = created_at');
    for (const statement of [REPLACED, DELETED, ...INDEXES]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE replaced_keys, deleted_keys');
    const names = COLUMNS.map((column) => `DROP COLUMN ${column.split(' ')[0] ?? ''}`);
    await runner.query(`ALTER TABLE virtual_keys ${names.join(', ')}`);
    for (const name of ['created_at', 'updated_at', 'alias_order', 'max_budget', 'expires_at'])
      await runner.query(`DROP INDEX IF EXISTS virtual_keys_${name}`);
    for (const name of ['user_created', 'team_created', 'creator'])
      await runner.query(`DROP INDEX IF EXISTS virtual_keys_${name}`);
  }
}
