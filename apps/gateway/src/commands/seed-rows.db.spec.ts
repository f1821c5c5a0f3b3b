import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { reconcile } from '@app/spend';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { seedRows } from './seed-rows.js';

let database: TestDatabase;
const seeded: [string, number][] = [];

beforeAll(async () => {
  database = await aTestDatabase();
  await seedRows({
    databaseUrl: database.url,
    rows: 2_000,
    days: 3,
    onDay: (day, rows) => seeded.push([day, rows]),
  });
});
afterAll(() => database.drop());

describe('seeding', () => {
  test('makes as many rows as asked for, spread over the days until today', async () => {
    const days = await database.query<{ day: string; rows: number }>(
      `SELECT (started_at AT TIME ZONE 'UTC')::date::text AS day, count(*)::int AS rows FROM spend_logs GROUP BY 1 ORDER BY 1`,
    );
    expect(days.map(({ day, rows }) => [day, rows])).toEqual(seeded);
    expect(seeded.map(([, rows]) => rows)).toEqual([666, 667, 667]);
    const [latest] = await database.query('SELECT max(started_at) <= now() AS past FROM spend_logs');
    expect(latest).toEqual({ past: true });
  });

  test('leaves books that agree to the last unit', async () => {
    expect(await reconcile(database.url, null)).toMatchObject({
      unexplained: '0',
      differences: 0,
      rows: 2_000,
    });
  });

  test('leaves partitions with every index of the table', async () => {
    const counts = await database.query(`SELECT DISTINCT count(*)::int AS indexes FROM pg_inherits
      JOIN pg_index ON indrelid = inhrelid WHERE inhparent = 'spend_logs'::regclass GROUP BY inhrelid`);
    expect(counts).toHaveLength(1);
  });

  test('is refused where there are rows', async () => {
    await expect(seedRows({ databaseUrl: database.url, rows: 3, days: 3 })).rejects.toThrow(
      /only an empty one/,
    );
  });
});
