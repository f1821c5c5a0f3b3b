import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What each attempt used and why it failed, and on the row by which plan its deployment was found. */
export class AddAttemptCosts1796000200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE spend_attempts ADD COLUMN error_type text, ADD COLUMN prompt_tokens int4,
      ADD COLUMN completion_tokens int4, ADD COLUMN cost_pico_usd int8`);
    // A word of spend_words: the same plan serves thousands of rows.
    await runner.query('ALTER TABLE spend_logs ADD COLUMN plan_code int4');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE spend_logs DROP COLUMN plan_code');
    await runner.query(`ALTER TABLE spend_attempts DROP COLUMN error_type, DROP COLUMN prompt_tokens,
      DROP COLUMN completion_tokens, DROP COLUMN cost_pico_usd`);
  }
}
