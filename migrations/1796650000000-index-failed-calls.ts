import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Who looks for failures, or for the words of one, reads no call that went well. */
export class IndexFailedCalls1796650000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX spend_logs_failed ON spend_logs (started_at, id) WHERE status >= 400');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX spend_logs_failed');
  }
}
