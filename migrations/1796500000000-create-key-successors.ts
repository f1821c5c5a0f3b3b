import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Which credential a key has now, for every one that it ever had: rows that arrive under an old one, and calls that
 * were under way when it was replaced, count for the key all the same.
 */
export class CreateKeySuccessors1796500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE key_successors (
         hash text COLLATE "C" PRIMARY KEY,
         active_hash text COLLATE "C" NOT NULL
       )`,
    );
    await runner.query('CREATE INDEX key_successors_active ON key_successors (active_hash)');
    await runner.query(
      'INSERT INTO key_successors (hash, active_hash) SELECT hash, active_hash FROM replaced_keys',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE key_successors');
  }
}
