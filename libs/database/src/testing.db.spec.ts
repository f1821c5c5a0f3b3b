import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from './testing.js';

describe('aTestDatabase', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await aTestDatabase();
  });
  afterAll(() => database.drop());

  test('gives each caller a database of its own', async () => {
    const other = await aTestDatabase();
    await database.query('CREATE TABLE mine (id int)');
    const rows = await other.query(`SELECT 1 FROM pg_tables WHERE tablename = 'mine'`);
    await other.drop();
    expect(rows).toEqual([]);
  });

  test('has every migration applied', async () => {
    const rows = await database.query('SELECT name FROM schema_migrations');
    const { migrations } = await import('../../../migrations/index.js');
    expect(rows).toHaveLength(migrations.length);
  });

  test('an empty one has no table', async () => {
    const empty = await aTestDatabase({ empty: true });
    const rows = await empty.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
    await empty.drop();
    expect(rows).toEqual([]);
  });

  test('is gone after drop', async () => {
    const other = await aTestDatabase();
    await other.drop();
    await expect(other.query('SELECT 1')).rejects.toThrow('does not exist');
  });
});
