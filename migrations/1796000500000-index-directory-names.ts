import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Lists that are sorted by what people call their rows. */
const INDEXES = {
  virtual_keys_named: 'virtual_keys (lower(coalesce(key_alias, key_name)), hash)',
  users_named: 'users (lower(coalesce(user_alias, user_email, user_id)), user_id)',
  teams_named: 'teams (lower(coalesce(team_alias, team_id)), team_id)',
  customers_named: 'customers (lower(coalesce(alias, user_id)), user_id)',
  budgets_named: 'budgets (lower(budget_id), budget_id) WHERE made_for IS NULL',
};

export class IndexDirectoryNames1796000500000 implements MigrationInterface {
  name = 'IndexDirectoryNames1796000500000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES)) await runner.query(`CREATE INDEX ${name} ON ${on}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ${Object.keys(INDEXES).join(', ')}`);
  }
}
