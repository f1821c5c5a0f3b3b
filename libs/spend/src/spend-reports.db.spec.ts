import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Outcome } from '@app/call';
import { ReportDatabase } from '@app/database';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { SpendReports } from './spend-reports.js';
import { type SpendRuntime } from './spend-runtime.js';
import { aRowId, aSpendRuntime } from './testing.js';
import { WordTexts } from './word-texts.js';

const ann = aCaller({ keyHash: 'a', userId: 'ann', teamId: 'red' });
const bob = aCaller({ keyHash: 'b', userId: 'bob', teamId: 'blue' });
const [x, y] = ['x', 'y'].map((name) =>
  aDeployment({ id: name, upstreamModel: name, provider: `of ${name}` }),
);

let database: TestDatabase;
let pool: ReportDatabase;
let runtime: SpendRuntime;
let reports: SpendReports;

async function record(day: string, changes: Partial<Outcome>, call: object): Promise<void> {
  const startedAt = new Date(`${day}T23:59:59.999Z`);
  const made = aCall({ id: aRowId(startedAt.getTime()), startedAt, ...call });
  await runtime.ledger.close(anOutcome({ call: made, ...changes }));
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await aTestDatabase();
  pool = new ReportDatabase({ url: database.url, migrations: [] });
  reports = new SpendReports(pool, new WordTexts(pool));
  runtime = aSpendRuntime(database.url);
  while (runtime.ledger.stats().mode !== 'direct') await new Promise((resolve) => setTimeout(resolve, 10));
  await record('2026-03-01', { costPicoUsd: 1n, deployment: x ?? null }, { caller: ann, tags: ['t', 'u'] });
  await record('2026-03-01', { costPicoUsd: 20n, deployment: y ?? null }, { caller: bob, endUser: 'Eve' });
  await record('2026-03-02', { costPicoUsd: 300n, deployment: y ?? null }, { caller: ann, tags: ['t'] });
  await record(
    '2026-03-03',
    { costPicoUsd: 0n, status: 500, deployment: y ?? null },
    { caller: ann, endUser: 'Eve' },
  );
});
afterAll(async () => {
  await runtime.onApplicationShutdown();
  await pool.onApplicationShutdown();
  await database.drop();
});

describe('sums by dimension', () => {
  test('come by day, and the dearest first', async () => {
    const sums = await reports.by(['day', 'key'], {});
    expect(sums.map(({ names, picoUsd }) => [names.day, names.key, picoUsd])).toEqual([
      ['2026-03-01', 'b', 20n],
      ['2026-03-01', 'a', 1n],
      ['2026-03-02', 'a', 300n],
      ['2026-03-03', 'a', 0n],
    ]);
  });

  test('count requests, failures and tokens', async () => {
    const [sum] = await reports.by(['team'], { teamIds: ['red'] });
    expect(sum).toEqual({
      names: { team: 'red' },
      requests: 3,
      failed: 1,
      promptTokens: 27,
      cachedTokens: 0,
      cacheWriteTokens: 0,
      completionTokens: 36,
      picoUsd: 301n,
    });
  });

  test('without a dimension are one, and none where nothing was spent', async () => {
    expect(await reports.by([], {})).toMatchObject([{ names: {}, requests: 4, picoUsd: 321n }]);
    expect(await reports.by([], { startDay: '2027-01-01' })).toEqual([]);
  });

  test('are no more than asked for', async () => {
    const sums = await reports.by(['model'], {}, 1);
    expect(sums.map(({ names }) => names.model)).toEqual(['y']);
  });

  test.each([
    [{ startDay: '2026-03-02' }, 300n],
    [{ endDay: '2026-03-01' }, 21n],
    [{ keyHash: 'b' }, 20n],
    [{ userId: 'ann' }, 301n],
    [{ model: 'x' }, 1n],
    [{ teamIds: ['red', 'blue', 'unknown'] }, 321n],
    [{ userId: 'ann', model: 'y', endDay: '2026-03-02' }, 300n],
  ])('of %j', async (filter, picoUsd) => {
    expect(await reports.by([], filter)).toMatchObject([{ picoUsd }]);
  });

  test.each([{ keyHash: 'nobody' }, { teamIds: ['nobody'] }])('of %j are none', async (filter) => {
    expect(await reports.by(['day'], filter)).toEqual([]);
  });
});

describe('sums by label', () => {
  test('count a row under each of its tags', async () => {
    const sums = await reports.byLabel('tag', {});
    expect(sums.map(({ names, requests, picoUsd }) => [names.label, requests, picoUsd])).toEqual([
      ['t', 2, 301n],
      ['u', 1, 1n],
    ]);
  });

  test('of one user are the same from the rows', async () => {
    expect(await reports.byLabel('tag', { userId: 'ann' })).toEqual(await reports.byLabel('tag', {}));
    expect(await reports.byLabel('tag', { userId: 'bob' })).toEqual([]);
  });

  test.each([{}, { model: 'y' }])('per day of %j', async (filter) => {
    const sums = await reports.byLabel('end_user', { ...filter, labels: ['Eve'] }, true);
    expect(sums.map(({ names, requests, failed, picoUsd }) => [names, requests, failed, picoUsd])).toEqual([
      [{ day: '2026-03-01', label: 'Eve' }, 1, 0, 20n],
      [{ day: '2026-03-03', label: 'Eve' }, 1, 1, 0n],
    ]);
  });

  test('name every tag once', async () => {
    expect(await reports.tagNames()).toEqual(['t', 'u']);
  });
});

test('customers are told by day, key and model', async () => {
  const sums = await reports.ofCustomers({ startDay: '2026-03-01', endDay: '2026-03-01' });
  expect(sums).toMatchObject([
    { names: { day: '2026-03-01', endUser: 'Eve', key: 'b', model: 'y' }, picoUsd: 20n, requests: 1 },
  ]);
});
