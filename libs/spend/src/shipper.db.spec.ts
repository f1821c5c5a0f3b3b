import { readdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { aCall, aCaller, anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { removeCheckpoint } from './checkpoint.js';
import { Journal } from './journal.js';
import { Ledger } from './ledger.js';
import { Shipper } from './shipper.js';
import { SpendConnection } from './spend-connection.js';
import { SpendTotals } from './spend-totals.js';
import { SpendWriter } from './spend-writer.js';
import { type DirectWriter } from './direct-writer.js';
import { aJournalFolder, aRowId, type JournalFolder, sumsOf } from './testing.js';

let database: TestDatabase;
let folder: JournalFolder;
let connection: SpendConnection;
let totals: SpendTotals;
let journal: Journal;
let shipper: Shipper;
let ledger: Ledger;

function close(count: number, caller = aCaller()): void {
  for (let index = 0; index < count; index++) {
    const call = aCall({ id: aRowId(), caller });
    ledger.open(call, 1n);
    void ledger.close(anOutcome({ call, costPicoUsd: 5n }));
  }
}

beforeEach(async () => {
  Logger.overrideLogger(false);
  database = await aTestDatabase();
  folder = aJournalFolder();
  connection = new SpendConnection(database.url);
  totals = new SpendTotals(connection);
  journal = new Journal({ directory: folder.path, segmentBytes: 20_000 });
  shipper = new Shipper(journal, new SpendWriter(connection), totals);
  const direct = { canWrite: false, waitingRows: 0 } as DirectWriter;
  ledger = new Ledger({ journal, shipper, direct, totals, awaitSync: false });
});
afterEach(async () => {
  await shipper.stop();
  await journal.stop();
  await connection.close();
  await database.drop();
  folder.remove();
});

describe('the shipper', () => {
  test('ships by itself within a moment', async () => {
    shipper.start();
    close(5);
    for (let patience = 100; patience > 0 && (await sumsOf(database)).rows < 5n; patience--) await sleep(20);
    expect((await sumsOf(database)).rows).toBe(5n);
    expect(shipper.stats()).toMatchObject({ waitingRows: 0, lagMs: 0 });
  });

  test('removes segments that are in PostgreSQL, and keeps the one that is being written', async () => {
    close(300);
    expect(folder.segments().length).toBeGreaterThan(4);
    await shipper.flush();
    const [active] = folder.segments();
    expect(folder.segments()).toHaveLength(1);
    expect(readdirSync(folder.path).filter((name) => !name.startsWith(active ?? '-'))).toEqual([]);
    expect(await sumsOf(database)).toMatchObject({ rows: 300n, logs: 1_500n, keys: 1_500n });
  });

  test('tells how much waits and for how long', async () => {
    close(7);
    await sleep(30);
    expect(shipper.stats().waitingRows).toBe(7);
    expect(shipper.stats().lagMs).toBeGreaterThanOrEqual(25);
  });

  test('sends again what a lost checkpoint forgot, and nothing is counted twice', async () => {
    close(100);
    await shipper.flush();
    const before = await sumsOf(database);
    // As after a crash between commit and checkpoint: another reader begins at the start of the file.
    for (let round = 0; round < 3; round++) {
      for (const { path } of journal.segments()) removeCheckpoint(path);
      const again = new Shipper(journal, new SpendWriter(connection), new SpendTotals(connection));
      await again.flush();
      await again.stop();
    }
    expect(await sumsOf(database)).toEqual(before);
  });

  test('goes on from the checkpoint after a failure that was not the database', async () => {
    close(5);
    await shipper.flush();
    close(7);
    const write = jest.spyOn(SpendWriter.prototype, 'write').mockRejectedValueOnce(new TypeError('ours'));
    await expect(shipper.flush()).rejects.toThrow('ours');
    write.mockRestore();
    await shipper.flush();
    expect((await sumsOf(database)).rows).toBe(12n);
  });

  test('says once that the journal is nearly full', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    jest.spyOn(journal, 'stats').mockReturnValue({ ...journal.stats(), bytes: 81, capBytes: 100 });
    await shipper.flush();
    await shipper.flush();
    expect(error.mock.calls).toEqual([[expect.stringContaining('81 % full')]]);
    error.mockRestore();
  });

  test('a segment that somebody removed does not hold up the others', async () => {
    close(100);
    rmSync(journal.segments()[0]?.path ?? '');
    await shipper.flush();
    expect(folder.segments()).toHaveLength(1);
    const { rows } = await sumsOf(database);
    expect(rows > 0n && rows < 100n).toBe(true);
  });

  test('two shippers on one journal at the same time count each row once', async () => {
    close(400);
    const other = new SpendConnection(database.url);
    const twin = new Shipper(journal, new SpendWriter(other), new SpendTotals(other));
    await Promise.all([shipper.flush(), twin.flush()]);
    await twin.stop();
    await other.close();
    expect(await sumsOf(database)).toMatchObject({ rows: 400n, logs: 2_000n, daily: 2_000n, keys: 2_000n });
  });
});

describe('what a scope has spent', () => {
  const scope = `key:${'ab'.repeat(32)}`;

  test('is what is in PostgreSQL and what is on its way', async () => {
    close(3);
    await shipper.flush();
    close(2);
    expect(await totals.spentPicoUsd(scope)).toBe(25n);
  });

  test('is known at once after the first time, and right at every moment of shipping', async () => {
    expect(await totals.spentPicoUsd(scope)).toBe(0n);
    let closed = 0;
    for (let round = 0; round < 20; round++) {
      close(17);
      closed += 17;
      const shipping = shipper.flush();
      for (let turn = 0; turn < 5; turn++) {
        expect(totals.spentPicoUsd(scope)).toBe(BigInt(closed * 5));
        await sleep(1);
      }
      await shipping;
      expect(totals.spentPicoUsd(scope)).toBe(BigInt(closed * 5));
    }
  });

  test('is asked of PostgreSQL once, however many ask at the same time', async () => {
    const answers = Array.from({ length: 50 }, () => totals.spentPicoUsd(scope));
    expect(new Set(answers.filter((answer) => answer instanceof Promise)).size).toBe(1);
    expect(await answers[0]).toBe(0n);
  });

  test('includes what other processes have shipped, after a while', async () => {
    await totals.spentPicoUsd(scope);
    await database.query(`INSERT INTO spend_totals VALUES ('${scope}', '-infinity', 1000, 1)`);
    close(1);
    await shipper.flush();
    expect(totals.spentPicoUsd(scope)).toBe(1_005n);
  });

  test('cannot be told while PostgreSQL is away and nobody knew it before', async () => {
    const away = new SpendTotals(new SpendConnection('postgres://nobody@127.0.0.1:9/none'));
    await expect(away.spentPicoUsd(scope)).rejects.toMatchObject({ status: 503 });
  });
});
