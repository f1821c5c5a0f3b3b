import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What a search of the lists looks through, of each table. */
const TEXTS = {
  virtual_keys: ['key_alias', 'key_name', 'user_id', 'team_id'],
  users: ['user_id', 'user_alias', 'user_email'],
  teams: ['team_id', 'team_alias'],
  customers: ['user_id', 'alias'],
  budgets: ['budget_id'],
};

/**
 * One column in lower case for the search of each list: `ILIKE` folds every column of every row anew, which takes a
 * hundred thousand keys ten times as long. By bytes, so that no rules of a language are asked.
 */
export class AddSearchTexts1796640000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, columns] of Object.entries(TEXTS)) {
      // A line each: what is looked for has none, so it is found within one of them.
      const text = columns.map((column) => `coalesce(${column}, '')`).join(` || E'\\n' || `);
      await runner.query(
        `ALTER TABLE ${table} ADD COLUMN search_text text COLLATE "C" GENERATED ALWAYS AS (lower(${text})) STORED`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(TEXTS))
      await runner.query(`ALTER TABLE ${table} DROP COLUMN search_text`);
  }
}
