import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Which `cache` controls the calls of a key may send; empty: all. */
export class AddCacheControls1796660000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE virtual_keys ADD COLUMN allowed_cache_controls text[] NOT NULL DEFAULT '{}'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE virtual_keys DROP COLUMN allowed_cache_controls');
  }
}
