import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** On each row how long its model was being loaded, and its limits with what was left of them before the call. */
export class NoteLoadsAndLimits1796620000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The limits are a word of spend_words: the same ones bind thousands of rows.
    await runner.query(
      'ALTER TABLE spend_logs ADD COLUMN load_ms int4, ADD COLUMN limits_code int4, ADD COLUMN limits_left int8[]',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE spend_logs DROP COLUMN load_ms, DROP COLUMN limits_code, DROP COLUMN limits_left',
    );
  }
}
