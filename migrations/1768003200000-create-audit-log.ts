import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** `before_json` and `after_json` keep their text: the seal of a row covers it byte by byte. */
const LOG = `CREATE TABLE audit_log (
  id int8 PRIMARY KEY CHECK (id > 0),
  at timestamptz NOT NULL,
  action text NOT NULL,
  entity text NOT NULL,
  entity_id text NOT NULL,
  actor_kind text NOT NULL,
  actor_user_id text,
  actor_key_hash text NOT NULL,
  actor_key_name text NOT NULL,
  address text NOT NULL,
  changed_by text,
  before_json json,
  after_json json,
  chain_key text NOT NULL,
  seal bytea NOT NULL CHECK (length(seal) = 32)
)`;

/** The last entry of the chain. Its row is the lock that puts writers in order. */
const HEAD = `CREATE TABLE audit_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id int8 NOT NULL,
  seal bytea NOT NULL
)`;

const REFUSE = `CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $body$`;

const GUARD = `CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()`;

export class CreateAuditLog1768003200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LOG);
    await runner.query('CREATE INDEX audit_log_entity ON audit_log (entity, entity_id, id)');
    await runner.query('CREATE INDEX audit_log_user ON audit_log (actor_user_id, id)');
    await runner.query('CREATE INDEX audit_log_key ON audit_log (actor_key_hash, id)');
    await runner.query('CREATE INDEX audit_log_action ON audit_log (action, id)');
    await runner.query('CREATE INDEX audit_log_at ON audit_log (at, id)');
    await runner.query(HEAD);
    await runner.query(`INSERT INTO audit_head (id, seal) VALUES (0, decode(repeat('00', 32), 'hex'))`);
    await runner.query(REFUSE);
    await runner.query(GUARD);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_log, audit_head');
    await runner.query('DROP FUNCTION audit_log_refuse()');
  }
}
