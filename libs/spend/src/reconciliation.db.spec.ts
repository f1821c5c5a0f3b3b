import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Outcome } from '@app/call';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import pg from 'pg';
import { reconcile } from './reconciliation.js';
import { creditSpend, heldSpend } from './spend-credits.js';
import { type SpendRuntime } from './spend-runtime.js';
import { aJournalFolder, aRowId, aSpendRuntime, type JournalFolder } from './testing.js';

const CALLERS = [
  aCaller({ keyHash: 'a', userId: 'ann', teamId: 'red' }),
  aCaller({ keyHash: 'b', userId: 'bob' }),
  aCaller({ keyHash: 'c' }),
];
const DAY_MS = 86_400_000;

let database: TestDatabase;
let folder: JournalFolder;
let runtime: SpendRuntime;

function anyOutcome(index: number): Outcome {
  const startedAt = new Date(Date.now() - (index % 3) * DAY_MS);
  const caller = CALLERS[index % 3] ?? aCaller();
  const call = aCall({
    id: aRowId(startedAt.getTime()),
    startedAt,
    caller,
    endUser: index % 4 ? null : 'Eve',
    tags: index % 2 ? ['x', 'y'] : [],
  });
  const deployment = index % 5 ? aDeployment() : null;
  return anOutcome({
    call,
    deployment,
    status: index % 5 ? 200 : 503,
    costPicoUsd: BigInt(index) * 7_777_777n,
  });
}

async function record(count: number): Promise<void> {
  for (let index = 1; index <= count; index++) {
    const outcome = anyOutcome(index);
    runtime.ledger.open(outcome.call, 1n, []);
    await runtime.ledger.close(outcome);
  }
}

beforeEach(async () => {
  Logger.overrideLogger(false);
  database = await aTestDatabase();
  folder = aJournalFolder();
  runtime = aSpendRuntime(database.url, { journalDir: folder.path });
});
afterEach(async () => {
  await runtime.onApplicationShutdown();
  await database.drop();
  folder.remove();
});

/** A busy machine may need longer than the orderly end waits for its first connection. */
async function arrived(): Promise<void> {
  for (let times = 0; runtime.ledger.stats().unshippedRows > 0 && times < 60; times++) {
    await runtime.ledger.drain();
  }
}

/** Pico-dollars that it had spent before. */
async function letOff(scope: string, keptPicoUsd: bigint): Promise<bigint> {
  const client = new pg.Client(database.url);
  await client.connect();
  const query = async <Row>(sql: string, values: unknown[]): Promise<Row[]> =>
    (await client.query(sql, values)).rows as Row[];
  await client.query('BEGIN');
  const spent = await heldSpend(query, scope);
  await creditSpend(query, scope, keptPicoUsd);
  await client.query('COMMIT');
  await client.end();
  return spent;
}

const books = () => reconcile(database.url, folder.path);

describe('books that agree', () => {
  test('have nothing unexplained', async () => {
    await record(120);
    await arrived();
    const report = await books();
    expect(report).toMatchObject({ unexplained: '0', differences: 0, rows: 120, spent: '0.05646666102' });
    expect(report.journal).toEqual({ rows: 120, waitingRows: 0, waiting: '0' });
    expect(report.checks.map(({ check }) => check)).toEqual([
      'journal = rows',
      'rows = daily',
      'rows = daily tags',
      'rows = daily end_users',
      'daily = key totals',
      'daily = user totals',
      'daily = team totals',
      'daily = end user totals',
      'daily = hourly totals',
    ]);
  });

  test('agree while nothing was ever spent', async () => {
    expect(await reconcile(database.url, null)).toMatchObject({ unexplained: '0', rows: 0, journal: null });
  });

  test('agree when the rows of old days are no longer kept', async () => {
    await record(9);
    await arrived();
    const oldest = new Date(Date.now() - 2 * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
    await database.query(`DROP TABLE spend_logs_${oldest}, spend_attempts_${oldest}`);
    expect(await reconcile(database.url, null)).toMatchObject({ unexplained: '0', differences: 0, rows: 6 });
  });

  test('agree when a key was let off what it had spent, and spends again', async () => {
    await record(30);
    await arrived();
    expect(await letOff('key:a', 1_000_000n)).toBeGreaterThan(1_000_000n);
    expect(await books()).toMatchObject({ unexplained: '0', differences: 0, rows: 30 });
    await record(30);
    await arrived();
    expect(await books()).toMatchObject({ unexplained: '0', differences: 0, rows: 60 });
    await database.query('DELETE FROM spend_credits');
    expect((await books()).unexplained).not.toBe('0');
  });

  test('call what is on its way by its name', async () => {
    await record(6);
    await arrived();
    for (const name of readdirSync(folder.path).filter((file) => file.endsWith('.checkpoint'))) {
      writeFileSync(join(folder.path, name), '0\n');
    }
    await database.query('DELETE FROM spend_logs');
    await database.query('TRUNCATE spend_daily, spend_daily_labels, spend_totals');
    expect(await books()).toMatchObject({
      unexplained: '0',
      journal: { rows: 6, waitingRows: 6, waiting: '0.000163333317' },
    });
  });
});

describe('what does not agree shows', () => {
  const named = async (check: string) => {
    const report = await books();
    expect(report.unexplained).not.toBe('0');
    return report.checks.find((one) => one.check === check);
  };
  beforeEach(async () => {
    await record(12);
    await arrived();
  });

  test('a row that is lost, in the journal and in the daily totals', async () => {
    await database.query(`DELETE FROM spend_logs WHERE cost_pico_usd = 7777777`);
    expect(await named('journal = rows')).toMatchObject({ differences: 1, unexplained: '0.000007777777' });
    expect(await named('rows = daily')).toMatchObject({ differences: 1, unexplained: '0.000007777777' });
  });

  test('a price that was changed afterwards', async () => {
    await database.query(
      'UPDATE spend_logs SET cost_pico_usd = cost_pico_usd + 1 WHERE cost_pico_usd = 7777777',
    );
    expect(await named('journal = rows')).toMatchObject({ unexplained: '0.000000000001' });
  });

  test.each([
    [
      'daily = key totals',
      `UPDATE spend_totals SET spent_pico_usd = spent_pico_usd - 5 WHERE scope = 'key:a' AND window_start = '-infinity'`,
    ],
    ['daily = team totals', `DELETE FROM spend_totals WHERE scope = 'team:red'`],
    ['daily = end user totals', `UPDATE spend_totals SET spent_pico_usd = 1 WHERE scope = 'end_user:Eve'`],
    [
      'daily = hourly totals',
      `UPDATE spend_totals SET spent_pico_usd = 1 WHERE scope = 'key:b' AND window_start > '-infinity'`,
    ],
    ['rows = daily tags', `UPDATE spend_daily_labels SET cost_pico_usd = 0 WHERE label = 'x'`],
  ])('%s', async (check, sql) => {
    await database.query(sql);
    expect((await named(check))?.differences).toBeGreaterThan(0);
  });

  test('two errors that cancel each other out', async () => {
    await database.query(`UPDATE spend_totals SET spent_pico_usd = spent_pico_usd
      + CASE scope WHEN 'key:a' THEN 9 ELSE -9 END WHERE scope IN ('key:a', 'key:b') AND window_start = '-infinity'`);
    expect(await named('daily = key totals')).toMatchObject({
      differences: 2,
      unexplained: '0.000000000018',
    });
  });
});
