import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Keys that get a new credential by themselves, and the credential until its holder has fetched it. */
export class AddKeyRotation1796000100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE virtual_keys ADD COLUMN auto_rotate boolean NOT NULL DEFAULT false,
         ADD COLUMN rotation_interval text, ADD COLUMN rotation_due_at timestamptz`,
    );
    await runner.query(
      `CREATE INDEX virtual_keys_rotation_due ON virtual_keys (rotation_due_at) WHERE rotation_due_at IS NOT NULL`,
    );
    await runner.query('ALTER TABLE replaced_keys ADD COLUMN successor_sealed text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replaced_keys DROP COLUMN successor_sealed');
    await runner.query(
      'ALTER TABLE virtual_keys DROP COLUMN auto_rotate, DROP COLUMN rotation_interval, DROP COLUMN rotation_due_at',
    );
  }
}
