import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What calls have written to the prompt caches of their providers, which has a price of its own. */
export class AddCacheWrites1796610000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Of few calls only: without a value a column takes no room in a row.
    await runner.query(
      'ALTER TABLE spend_logs ADD COLUMN cache_write_tokens int4, ADD COLUMN cache_write_hour_tokens int4',
    );
    await runner.query('ALTER TABLE spend_daily ADD COLUMN cache_write_tokens int8 NOT NULL DEFAULT 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE spend_daily DROP COLUMN cache_write_tokens');
    await runner.query(
      'ALTER TABLE spend_logs DROP COLUMN cache_write_tokens, DROP COLUMN cache_write_hour_tokens',
    );
  }
}
