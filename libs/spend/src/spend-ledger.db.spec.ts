import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { SpendRuntime } from './spend-runtime.js';
import { anOutcome } from '@testing/call';

describe('the ledger with a journal and PostgreSQL', () => {
  let database: TestDatabase;
  let directory: string;
  let runtime: SpendRuntime;

  beforeEach(async () => {
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
});
