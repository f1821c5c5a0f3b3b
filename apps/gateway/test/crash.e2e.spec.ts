import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { configText, startSandbox, type Sandbox } from './harness.ts';
import { test } from './harness/suite.ts';
import { killAgainAndAgain } from './rows/kills.ts';

const KILLS = 3;
let sandbox: Sandbox;
let database: TestDatabase;

beforeAll(async () => {
  [sandbox, database] = await Promise.all([startSandbox(), aTestDatabase()]);
}, 60_000);

afterAll(async () => {
  await sandbox.stop();
  await database.drop();
});

describe('a gateway that is killed under load', () => {
  test('loses nothing that a client has seen complete, and books nothing twice', async () => {
    const result = await killAgainAndAgain({
      kills: KILLS,
      seed: 1,
      sandbox,
      databaseUrl: database.url,
      config: configText(),
      rows: () => database.query('SELECT response_id, count(*)::int AS times FROM spend_logs GROUP BY 1'),
    });
    expect(result.seen).toBeGreaterThan(100);
    expect({ missing: result.missing, twice: result.twice }).toEqual({ missing: 0, twice: 0 });
  }, 120_000);
});
