import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Outcome } from '@app/call';
import { ReportDatabase } from '@app/database';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { SpendAttempts } from './spend-attempts.js';
import { SpendLogs } from './spend-logs.js';
import { type SpendRuntime } from './spend-runtime.js';
import { StoredPrompts } from './stored-prompts.js';
import { WordTexts } from './word-texts.js';
import { aRowId, aSpendRuntime } from './testing.js';

const ann = aCaller({ keyHash: 'a', userId: 'ann' });
const bob = aCaller({ keyHash: 'b', userId: 'bob' });
const models = ['x', 'y'].map((name) => aDeployment({ id: name, upstreamModel: name }));

let database: TestDatabase;
let reports: ReportDatabase;
let runtime: SpendRuntime;
let logs: SpendLogs;

async function record(day: string, changes: Partial<Outcome>, caller = ann): Promise<void> {
  const startedAt = new Date(`${day}T12:00:00.000Z`);
  const call = aCall({ id: aRowId(startedAt.getTime()), caller, startedAt });
  await runtime.ledger.close(anOutcome({ call, ...changes }));
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await aTestDatabase();
  reports = new ReportDatabase({ url: database.url, migrations: [] });
  logs = new SpendLogs(
    reports,
    new WordTexts(reports),
    new SpendAttempts(reports),
    new StoredPrompts(reports),
  );
  runtime = aSpendRuntime(database.url);
  while (runtime.ledger.stats().mode !== 'direct') await new Promise((resolve) => setTimeout(resolve, 10));
  await record('2026-03-01', { costPicoUsd: 1n, deployment: models[0] ?? null, responseId: 'r1' });
  await record('2026-03-01', { costPicoUsd: 20n, deployment: models[1] ?? null, responseId: 'r2' }, bob);
  await record('2026-03-03', { costPicoUsd: 300n, deployment: models[1] ?? null, responseId: 'r3' });
  await record('2026-03-03', { costPicoUsd: 4_000n, deployment: models[1] ?? null, responseId: 'r4' });
});
afterAll(async () => {
  await runtime.onApplicationShutdown();
  await reports.onApplicationShutdown();
  await database.drop();
});

const ids = async (filter: Partial<Parameters<SpendLogs['find']>[0]>) =>
  (await logs.find({ limit: 10, ...filter })).map(({ request_id }) => request_id);

describe('rows', () => {
  test('of the same instant have an order that stays', async () => {
    expect((await ids({})).slice(0, 2).sort()).toEqual(['r3', 'r4']);
    expect(await ids({})).toEqual(await ids({}));
  });

  test('are no more than asked for, the newest', async () => {
    const [newest] = await ids({});
    expect(await ids({ limit: 1 })).toEqual([newest]);
  });

  test('from the start inclusive to the end exclusive', async () => {
    const noon = new Date('2026-03-01T12:00:00.000Z');
    expect((await ids({ startDate: noon, endDate: new Date(noon.getTime() + 1) })).sort()).toEqual([
      'r1',
      'r2',
    ]);
    expect(await ids({ endDate: noon })).toEqual([]);
    expect(await ids({ startDate: new Date('2026-03-03T12:00:00.001Z') })).toEqual([]);
  });

  test('by several filters at once must satisfy all', async () => {
    expect(await ids({ keyHash: 'b', userId: 'bob', requestId: 'r2' })).toEqual(['r2']);
    expect(await ids({ keyHash: 'a', requestId: 'r2' })).toEqual([]);
  });

  test('of a key that nobody has used are none', async () => {
    expect(await ids({ keyHash: 'unknown' })).toEqual([]);
    expect(await ids({ userId: 'unknown' })).toEqual([]);
  });

  test.each([
    `' OR 1=1 --`,
    '$1',
    '%',
    'r_',
    '01a20a92-3846-7745-9e67-000000000001',
    'ffffffff-ffff-7fff-ffff-ffffffffffff',
  ])('with the id %s are none, and nothing breaks', async (requestId) => {
    expect(await ids({ requestId })).toEqual([]);
  });
});

describe('daily sums', () => {
  const march = { startDate: new Date('2026-03-01'), endDate: new Date('2026-04-01') };

  test('are exact, by user, model and key', async () => {
    expect(await logs.daily(march)).toEqual([
      {
        day: '2026-03-01',
        picoUsd: 21n,
        byUser: new Map([
          ['ann', 1n],
          ['bob', 20n],
        ]),
        byModel: new Map([
          ['x', 1n],
          ['y', 20n],
        ]),
        byKey: new Map([
          ['a', 1n],
          ['b', 20n],
        ]),
      },
      {
        day: '2026-03-03',
        picoUsd: 4_300n,
        byUser: new Map([['ann', 4_300n]]),
        byModel: new Map([['y', 4_300n]]),
        byKey: new Map([['a', 4_300n]]),
      },
    ]);
  });

  test('of one key are of that key only', async () => {
    const days = await logs.daily({ ...march, keyHash: 'b' });
    expect(days.map(({ day, picoUsd }) => [day, picoUsd])).toEqual([['2026-03-01', 20n]]);
    expect(await logs.daily({ ...march, keyHash: 'unknown' })).toEqual([]);
  });

  test('cover the day in which the range ends, and not the next one', async () => {
    const until = async (text: string) =>
      (await logs.daily({ endDate: new Date(text) })).map(({ day }) => day);
    expect(await until('2026-03-03T00:00:00Z')).toEqual(['2026-03-01']);
    expect(await until('2026-03-03T00:00:01Z')).toEqual(['2026-03-01', '2026-03-03']);
  });
});

describe('how many rows there are', () => {
  const rows = async (filter: Parameters<SpendLogs['count']>[0]) => (await logs.count(filter)).rows;

  test('is told for any days, those that are over and those that are not', async () => {
    const day = (text: string) => new Date(`2026-03-${text}`);
    expect(await rows({})).toBe(4);
    expect(await rows({ startDate: day('01'), endDate: day('02') })).toBe(2);
    expect(await rows({ startDate: day('02'), endDate: day('03') })).toBe(0);
    expect(await rows({ startDate: day('03') })).toBe(2);
    const today = new Date(new Date().toISOString().slice(0, 10));
    await record(today.toISOString().slice(0, 10), { costPicoUsd: 0n, responseId: 'today' });
    expect(await rows({})).toBe(5);
    expect(await rows({ startDate: today })).toBe(1);
    expect(await rows({ endDate: today })).toBe(4);
  });

  test('is told of one key, and of part of a day', async () => {
    expect(await rows({ keyHash: 'b' })).toBe(1);
    expect(
      await rows({ startDate: new Date('2026-03-01T12:00:00.001Z'), endDate: new Date('2026-03-04') }),
    ).toBe(2);
  });
});

describe('words', () => {
  test('are asked for once', async () => {
    const counted = {
      queries: 0,
      query: (sql: string, values: unknown[]) => (counted.queries++, reports.query(sql, values)),
    };
    const words = new WordTexts(counted as unknown as ReportDatabase);
    const code = await words.codeOf('ann');
    counted.queries = 0;
    for (let round = 0; round < 3; round++) expect((await words.of([code, null, 0]))(code)).toBe('ann');
    expect(counted.queries).toBe(1);
  });

  test('that nobody knows have no text', async () => {
    const text = await new WordTexts(reports).of([999_999]);
    expect([text(999_999), text(0), text(null)]).toEqual([null, null, null]);
  });
});

describe('a row', () => {
  test('tells the plan, the wait and each try of a call that was sent more than once', async () => {
    const startedAt = new Date('2026-03-02T12:00:00.000Z');
    const call = aCall({ id: aRowId(startedAt.getTime()), caller: ann, startedAt, startedAtMs: 0 });
    const attempt = { deploymentId: 'x', status: 200, startedAtMs: 7, durationMs: 5, error: null };
    const failed = { ...attempt, status: 503, error: 'busy', errorType: 'upstream_error' };
    const plan = { group: 'gpt-4', by: 'only', deployments: ['x'], fallbacks: [] };
    const attempts = [failed, { ...attempt, startedAtMs: 20 }];
    await runtime.ledger.close(anOutcome({ call, plan, attempts, responseId: 'r5', costPicoUsd: 50_000n }));
    const [row] = await logs.find({ limit: 1, requestId: 'r5' });
    expect(row?.metadata).toMatchObject({
      ...{ attempts: 2, attempted_retries: 1, queue_time_ms: 7, routing_plan: plan },
      routing_reason: 'the only deployment of gpt-4; 503 upstream_error, asked again',
      routing_attempts: [
        { deployment_id: 'x', status: 503, begun_ms: 7, error_class: 'upstream_error', spend: 0 },
        { begun_ms: 20, duration_ms: 5, error_class: null, prompt_tokens: 9, spend: 5e-8 },
      ],
    });
  });
});
