import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Orders in which lists of users are read. */
const INDEXES = {
  users_email_order: 'users (user_email, user_id)',
  users_role_order: 'users (user_role, user_id)',
};

export class IndexUserOrders1796300000000 implements MigrationInterface {
  name = 'IndexUserOrders1796300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES)) await runner.query(`CREATE INDEX ${name} ON ${on}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ${Object.keys(INDEXES).join(', ')}`);
  }
}
