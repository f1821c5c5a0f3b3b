import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Soft budgets that were crossed and reported: once for each window, whichever process sees it first. */
export class CreateSoftBudgetAlerts1796000110000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE soft_budget_alerts (
         scope text NOT NULL,
         window_start timestamptz NOT NULL,
         soft_pico_usd numeric(38, 0) NOT NULL,
         crossed_at timestamptz NOT NULL DEFAULT now(),
         PRIMARY KEY (scope, window_start, soft_pico_usd)
       )`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE soft_budget_alerts');
  }
}
