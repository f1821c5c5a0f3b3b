import { readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aCall, aDeployment, anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { Adopter } from './adopter.js';
import { type DirectWriter } from './direct-writer.js';
import { Journal } from './journal.js';
import { Ledger } from './ledger.js';
import { readSegmentName, segmentFileName, type SegmentOwner } from './segment-owner.js';
import { SpendConnection } from './spend-connection.js';
import { SpendTotals } from './spend-totals.js';
import { SpendWriter } from './spend-writer.js';
import { aJournalFolder, aRowId, type JournalFolder, sumsOf } from './testing.js';

let database: TestDatabase;
let folder: JournalFolder;
let connection: SpendConnection;
let journal: Journal;
let ledger: Ledger;
let adopter: Adopter;

const DEAD = { started: '1' };
const ELSEWHERE = { namespace: '1' };

/** Makes this process's segments look like somebody else's. */
function handOver(changes: Partial<SegmentOwner>, silentSeconds = 0): void {
  for (const name of folder.segments()) {
    const segment = readSegmentName(name);
    if (!segment) continue;
    const path = join(folder.path, segmentFileName({ ...segment.owner, ...changes }, segment.sequence));
    renameSync(join(folder.path, name), path);
    const touched = Date.now() / 1000 - silentSeconds;
    utimesSync(path, touched, touched);
  }
}

function open(): ReturnType<typeof aCall> {
  const call = aCall({ id: aRowId() });
  ledger.open(call, 1_000n, [aDeployment()]);
  return call;
}

function close(count: number): void {
  for (let index = 0; index < count; index++) void ledger.close(anOutcome({ call: open(), costPicoUsd: 5n }));
}

const aborted = () =>
  database.query<{ id: string; cost: number; completion_tokens: number }>(
    `SELECT id, cost_pico_usd::int AS cost, completion_tokens FROM spend_logs WHERE error_type = 'aborted'`,
  );

beforeEach(async () => {
  Logger.overrideLogger(false);
  database = await aTestDatabase();
  folder = aJournalFolder();
  connection = new SpendConnection(database.url);
  const totals = new SpendTotals(connection);
  journal = new Journal({ directory: folder.path, segmentBytes: 20_000 });
  const direct = { canWrite: false, waitingRows: 0 } as DirectWriter;
  ledger = new Ledger({ journal, shipper: null, direct, totals, awaitSync: false });
  const writer = new SpendWriter(connection);
  adopter = new Adopter({ directory: folder.path, self: journal.owner, connection, writer, totals });
});
afterEach(async () => {
  await journal.stop();
  await connection.close();
  await database.drop();
  folder.remove();
});

describe('the journal of a dead process', () => {
  test('is shipped and removed, over all its segments', async () => {
    close(300);
    expect(folder.segments().length).toBeGreaterThan(4);
    handOver(DEAD);
    await adopter.adoptAll();
    expect(await sumsOf(database)).toMatchObject({ rows: 300n, logs: 1_500n, daily: 1_500n, keys: 1_500n });
    expect(readdirSync(folder.path)).toEqual([]);
    expect(await aborted()).toEqual([]);
  });

  test('settles calls that never ended, also those from an earlier segment', async () => {
    const early = open();
    close(200);
    const late = open();
    handOver(DEAD);
    await adopter.adoptAll();
    const prompt = Math.ceil(early.bodyBytes / 4);
    const cost = prompt * 1_500_000;
    const rows = await aborted();
    expect(rows.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(
      [early.id, late.id].sort().map((id) => ({ id, cost, completion_tokens: 0 })),
    );
    expect(adopter.stats()).toMatchObject({ abortedCalls: 2, adoptedRows: 200 });
    const sums = await sumsOf(database);
    expect(sums).toMatchObject({ rows: 202n, daily: sums.logs, keys: sums.logs, hours: sums.logs });
  });

  test('can be adopted by two at once: each call has one row', async () => {
    close(100);
    open();
    handOver(DEAD);
    const other = new SpendConnection(database.url);
    const totals = new SpendTotals(other);
    const { directory, owner: self } = journal;
    const twin = new Adopter({ directory, self, connection: other, writer: new SpendWriter(other), totals });
    await Promise.all([adopter.adoptAll(), twin.adoptAll()]);
    await other.close();
    expect((await sumsOf(database)).rows).toBe(101n);
    expect(await aborted()).toHaveLength(1);
  });

  test('with a torn and flipped file loses no call: what cannot be read is settled as aborted', async () => {
    close(50);
    handOver(DEAD);
    const path = join(folder.path, folder.segments()[0] ?? '');
    const bytes = readFileSync(path);
    const lastEnd = bytes.lastIndexOf('\nE');
    const middleEnd = bytes.indexOf('\nE', bytes.length / 2);
    bytes[middleEnd + 60] = (bytes[middleEnd + 60] ?? 0) ^ 8;
    writeFileSync(path, bytes.subarray(0, lastEnd + 80));
    await adopter.adoptAll();
    expect((await sumsOf(database)).rows).toBe(50n);
    expect(await aborted()).toHaveLength(2);
    expect(adopter.stats().damagedLines).toBe(2);
  });
});

describe('the journal of a process that cannot be looked at', () => {
  test('is left alone while it is touched', async () => {
    close(5);
    handOver(ELSEWHERE, 5);
    await adopter.adoptAll();
    expect((await sumsOf(database)).rows).toBe(0n);
  });

  test('is adopted after 15 seconds of silence, but not removed', async () => {
    close(5);
    open();
    handOver(ELSEWHERE, 16);
    await adopter.adoptAll();
    await adopter.adoptAll();
    expect((await sumsOf(database)).rows).toBe(6n);
    expect(folder.segments()).toHaveLength(1);
  });

  test('is removed after an hour of silence', async () => {
    close(5);
    handOver(ELSEWHERE, 3_601);
    await adopter.adoptAll();
    expect((await sumsOf(database)).rows).toBe(5n);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('that was only paused: what it writes later replaces what was supposed', async () => {
    const call = open();
    handOver(ELSEWHERE, 16);
    await adopter.adoptAll();
    expect(await aborted()).toHaveLength(1);
    // The file is still open under its new name.
    void ledger.close(anOutcome({ call, costPicoUsd: 7n }));
    handOver(ELSEWHERE, 16);
    await adopter.adoptAll();
    expect(await aborted()).toEqual([]);
    expect(await sumsOf(database)).toEqual({ rows: 1n, logs: 7n, daily: 7n, keys: 7n, hours: 7n });
  });
});

describe('the journal of a process that lives', () => {
  test('is not adopted when it is our own', async () => {
    close(5);
    await adopter.adoptAll();
    expect((await sumsOf(database)).rows).toBe(0n);
  });

  test('but hangs: its rows are shipped, its calls are not settled, its file stays', async () => {
    close(5);
    open();
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
    handOver({ pid: process.ppid, started: stat?.[19] ?? '' }, 16);
    await adopter.adoptAll();
    expect((await sumsOf(database)).rows).toBe(5n);
    expect(folder.segments()).toHaveLength(1);
  });
});
