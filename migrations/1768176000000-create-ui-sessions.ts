import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Neither the id of a session nor the key that opened it stands here, only their hashes. */
const SESSIONS = `CREATE TABLE ui_sessions (
  id_hash text COLLATE "C" PRIMARY KEY CHECK (length(id_hash) = 64),
  key_hash text COLLATE "C" NOT NULL CHECK (length(key_hash) = 64),
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL
)`;

export class CreateUiSessions1768176000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SESSIONS);
    await runner.query('CREATE INDEX ui_sessions_created ON ui_sessions (created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE ui_sessions');
  }
}
