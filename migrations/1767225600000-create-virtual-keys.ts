import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class CreateVirtualKeys1767225600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE virtual_keys (
        hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
        key_name text NOT NULL,
        key_alias text UNIQUE,
        user_id text,
        team_id text,
        models text[] NOT NULL DEFAULT '{}',
        aliases jsonb NOT NULL DEFAULT '{}',
        allowed_routes text[] NOT NULL DEFAULT '{}',
        max_budget_usd numeric(38,12) CHECK (max_budget_usd >= 0 AND max_budget_usd < 1e15),
        expires_at timestamptz,
        blocked boolean NOT NULL DEFAULT false,
        metadata jsonb NOT NULL DEFAULT '{}',
        version bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by text NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        updated_by text NOT NULL
      )`);
    await runner.query(
      `CREATE INDEX virtual_keys_user_id ON virtual_keys (user_id) WHERE user_id IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX virtual_keys_team_id ON virtual_keys (team_id) WHERE team_id IS NOT NULL`,
    );
    await runner.query(`
      CREATE TABLE key_epoch (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        epoch bigint NOT NULL
      )`);
    await runner.query(`INSERT INTO key_epoch (epoch) VALUES (0)`);
    await runner.query(`
      CREATE TABLE key_changes (
        epoch bigint NOT NULL,
        key_hash text NOT NULL,
        PRIMARY KEY (epoch, key_hash)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE key_changes, key_epoch, virtual_keys`);
  }
}
