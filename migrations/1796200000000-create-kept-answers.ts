import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Unlogged: after a crash of the server there is none, which costs a few calls, and writing them costs less. */
const ANSWERS = `CREATE UNLOGGED TABLE kept_answers (
  key bytea PRIMARY KEY,
  stored_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  content_type text NOT NULL,
  facts jsonb NOT NULL,
  body bytea NOT NULL
)`;

/** Answers that may be given again, and on the rows of calls which answer it was and whether it had been there already. */
export class CreateKeptAnswers1796200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ANSWERS);
    // Compressed or not, a body is read as a whole: out of the row, so that sweeping need not pass over it.
    await runner.query('ALTER TABLE kept_answers ALTER COLUMN body SET STORAGE EXTERNAL');
    await runner.query('CREATE INDEX kept_answers_expiry ON kept_answers (expires_at)');
    await runner.query('ALTER TABLE spend_logs ADD COLUMN cache_hit bool, ADD COLUMN cache_key text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE spend_logs DROP COLUMN cache_hit, DROP COLUMN cache_key');
    await runner.query('DROP TABLE kept_answers');
  }
}
