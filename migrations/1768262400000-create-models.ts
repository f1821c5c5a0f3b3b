import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Models that are managed while the gateway runs. Credentials in `litellm_params` are encrypted one by one. */
export class CreateModels1768262400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE models (
        id text PRIMARY KEY,
        model_name text NOT NULL,
        litellm_params jsonb NOT NULL DEFAULT '{}',
        model_info jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by text NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        updated_by text NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE model_epoch (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        epoch bigint NOT NULL
      )`);
    await runner.query(`INSERT INTO model_epoch (epoch) VALUES (0)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE model_epoch, models`);
  }
}
