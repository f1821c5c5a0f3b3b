import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aCall, anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { type SpendRuntime } from './spend-runtime.js';
import { aJournalFolder, aRowId, aSpendRuntime, type JournalFolder, outage, sumsOf } from './testing.js';

let database: TestDatabase;
let folder: JournalFolder;
let runtime: SpendRuntime;

async function closeCalls(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const call = aCall({ id: aRowId() });
    runtime.ledger.open(call, 1n);
    await runtime.ledger.close(anOutcome({ call, costPicoUsd: 5n }));
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; !(await condition()) && Date.now() < deadline;) await sleep(20);
}

beforeEach(async () => {
  Logger.overrideLogger(false);
  database = await aTestDatabase();
  folder = aJournalFolder();
});
afterEach(async () => {
  await runtime.onApplicationShutdown();
  await database.drop();
  folder.remove();
});

describe.each(['refuses connections', 'is read-only'] as const)('while PostgreSQL %s', (kind) => {
  test('calls go on with a journal, and their rows arrive once afterwards', async () => {
    runtime = aSpendRuntime(database.url, { journalDir: folder.path });
    await closeCalls(3);
    await until(async () => (await sumsOf(database)).rows === 3n);
    const back = await outage(database.url, kind);
    await closeCalls(50);
    await sleep(300);
    expect(runtime.ledger.stats()).toMatchObject({ mode: 'journal', unshippedRows: 50 });
    await back();
    await until(async () => (await sumsOf(database)).rows === 53n);
    expect(await sumsOf(database)).toEqual({ rows: 53n, logs: 265n, daily: 265n, keys: 265n, hours: 265n });
  });

  test('calls are refused without a journal, until it is back', async () => {
    runtime = aSpendRuntime(database.url);
    await until(() => runtime.ledger.stats().mode === 'direct');
    await closeCalls(3);
    const call = aCall({ id: aRowId() });
    runtime.ledger.open(call, 1n);
    const back = await outage(database.url, kind);
    await until(() => runtime.ledger.stats().mode === 'unavailable');
    expect(() => runtime.ledger.open(aCall(), 1n)).toThrow(
      expect.objectContaining({ status: 503, type: 'accounting_unavailable' }),
    );
    const closed = runtime.ledger.close(anOutcome({ call, costPicoUsd: 5n }));
    await expect(closed).rejects.toMatchObject({ type: 'accounting_unavailable' });
    await back();
    await until(() => runtime.ledger.stats().mode === 'direct');
    await closeCalls(3);
    // The call that could not be confirmed has its row too.
    expect(await sumsOf(database)).toMatchObject({ rows: 7n, logs: 35n });
  });
});

describe('without a journal', () => {
  test('a row is in PostgreSQL when close ends', async () => {
    runtime = aSpendRuntime(database.url);
    await until(() => runtime.ledger.stats().mode === 'direct');
    await closeCalls(1);
    expect((await sumsOf(database)).rows).toBe(1n);
  });

  test('a call that ends in the moment in which another one is done is written too', async () => {
    runtime = aSpendRuntime(database.url);
    await until(() => runtime.ledger.stats().mode === 'direct');
    for (let index = 0; index < 30; index++) {
      const next = () => runtime.ledger.close(anOutcome({ call: aCall({ id: aRowId() }) }));
      await next()?.then(next);
    }
    expect((await sumsOf(database)).rows).toBe(60n);
  });

  test('calls that end together share commits', async () => {
    runtime = aSpendRuntime(database.url);
    await until(() => runtime.ledger.stats().mode === 'direct');
    await Promise.all(
      Array.from(
        { length: 200 },
        () => runtime.ledger.close(anOutcome({ call: aCall({ id: aRowId() }) })) ?? fail(),
      ),
    );
    const commits = await database.query<{ n: number }>(
      'SELECT count(DISTINCT xmin::text)::int AS n FROM spend_logs',
    );
    expect((await sumsOf(database)).rows).toBe(200n);
    expect(commits[0]?.n).toBeLessThan(10);
  });
});

function fail(): Promise<never> {
  return Promise.reject(new Error('close() did not wait'));
}
