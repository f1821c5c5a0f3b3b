import { Logger } from '@nestjs/common';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { SpendRuntime } from './spend-runtime.js';
import { aRowId, outage, sumsOf } from './testing.js';
import { NO_USAGE } from '@app/call';
import { aCall, anOutcome } from '@testing/call';

describe('the ledger with a journal and PostgreSQL', () => {
  let database: TestDatabase;
  let directory: string;
  let runtime: SpendRuntime;

  beforeEach(async () => {
    Logger.overrideLogger(false);
    database = await aTestDatabase();
    directory = mkdtempSync(join(tmpdir(), 'ledger-'));
    runtime = new SpendRuntime({
      databaseUrl: database.url,
      whenReady: () => Promise.resolve(),
      journalDir: directory,
      journalSync: 'interval',
    });
    runtime.onModuleInit();
  });

  afterEach(async () => {
    await runtime.onApplicationShutdown();
    await database.drop();
    rmSync(directory, { recursive: true });
  });

  test('a closed call becomes one row with its cost', async () => {
    const outcome = anOutcome({ costPicoUsd: 37_500_000n });
    runtime.ledger.open(outcome.call, 100n);
    expect(runtime.ledger.close(outcome)).toBeUndefined();
    await runtime.ledger.drain();
    const rows = await database.query('SELECT id, cost_pico_usd, started_at FROM spend_logs');
    expect(rows).toEqual([
      { id: outcome.call.id, cost_pico_usd: '37500000', started_at: outcome.call.startedAt },
    ]);
  });

  test('what was written to a prompt cache stands in its row and in the sums of its day', async () => {
    const usage = { ...NO_USAGE, promptTokens: 9, cacheWriteTokens: 5, cacheWriteHourTokens: 2 };
    for (const outcome of [anOutcome({ usage }), anOutcome({ call: aCall({ id: aRowId() }) })]) {
      runtime.ledger.open(outcome.call, 100n);
      void runtime.ledger.close(outcome);
    }
    await runtime.ledger.drain();
    const columns = 'cache_write_tokens AS written, cache_write_hour_tokens AS "forAnHour"';
    expect(await database.query(`SELECT ${columns} FROM spend_logs ORDER BY 1`)).toEqual([
      { written: 5, forAnHour: 2 },
      { written: null, forAnHour: null },
    ]);
    const [day] = await database.query('SELECT sum(cache_write_tokens)::int AS written FROM spend_daily');
    expect(day).toEqual({ written: 5 });
  });

  test('a clean stop leaves nothing to adopt', async () => {
    for (let count = 0; count < 10; count++) {
      const outcome = anOutcome({ call: aCall({ id: aRowId() }) });
      runtime.ledger.open(outcome.call, 1n);
      void runtime.ledger.close(outcome);
    }
    await runtime.onApplicationShutdown();
    expect(readdirSync(directory)).toEqual([]);
    expect((await sumsOf(database)).rows).toBe(10n);
  });

  test('says what waits, and that nothing was lost', async () => {
    expect(runtime.ledger.stats()).toEqual({
      mode: 'journal',
      openCalls: 0,
      journalBytes: 0,
      journalCapBytes: 512 * 1024 * 1024,
      journalSegments: 0,
      journalFailures: 0,
      damagedLines: 0,
      abortedCalls: 0,
      deadLetters: 0,
      unshippedRows: 0,
      shipperLagMs: 0,
    });
    const call = aCall();
    runtime.ledger.open(call, 1n);
    expect(runtime.ledger.stats()).toMatchObject({ openCalls: 1, journalSegments: 1, unshippedRows: 0 });
    void runtime.ledger.close(anOutcome({ call }));
    expect(runtime.ledger.stats()).toMatchObject({ openCalls: 0, unshippedRows: 1 });
    await runtime.ledger.drain();
    expect(runtime.ledger.stats()).toMatchObject({ unshippedRows: 0 });
  });

  test('counts hostile end users as they are stored', async () => {
    const endUser = `a\0b\ud83d${'x'.repeat(300)}`;
    void runtime.ledger.close(anOutcome({ call: aCall({ endUser }), costPicoUsd: 7n }));
    const scope = `end_user:ab\ufffd${'x'.repeat(252)}`;
    expect(await runtime.totals.spentPicoUsd(scope)).toBe(7n);
    await runtime.ledger.drain();
    expect(runtime.totals.spentPicoUsd(scope)).toBe(7n);
  });

  test('draining does not wait for a PostgreSQL that is away', async () => {
    void runtime.ledger.close(anOutcome());
    await runtime.ledger.drain();
    const back = await outage(database.url, 'refuses connections');
    void runtime.ledger.close(anOutcome());
    await sleep(300);
    const start = performance.now();
    await runtime.ledger.drain();
    expect(performance.now() - start).toBeLessThan(2_000);
    await back();
  });
});
