import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { type DirectWriter } from './direct-writer.js';
import { Journal } from './journal.js';
import { Ledger } from './ledger.js';
import { type SpendTotals } from './spend-totals.js';
import { WordTable } from './word-table.js';
import { aJournalFolder, faultyFiles, type Faults, type JournalFolder } from './testing.js';

let folder: JournalFolder;
let faults: Faults;
let journal: Journal;
let spent: Map<string, bigint>;
let direct: { canWrite: boolean; waitingRows: number; rows: string[] };

/** The real journal; PostgreSQL is a list. */
function aLedger(
  options: { awaitSync?: boolean; withJournal?: boolean; segmentBytes?: number } = {},
): Ledger {
  const { files, faults: faultsOfFiles } = faultyFiles();
  faults = faultsOfFiles;
  journal = new Journal({ directory: folder.path, files, segmentBytes: options.segmentBytes ?? 1e6 });
  spent = new Map();
  direct = { canWrite: false, waitingRows: 0, rows: [] };
  return new Ledger({
    journal: options.withJournal === false ? null : journal,
    shipper: null,
    direct: Object.assign(direct, {
      begin: () => new WordTable(),
      write: (row: string) => Promise.resolve(void direct.rows.push(row)),
    }) as unknown as DirectWriter,
    totals: {
      add: (scope: string, picoUsd: bigint) => void spent.set(scope, (spent.get(scope) ?? 0n) + picoUsd),
    } as unknown as SpendTotals,
    awaitSync: options.awaitSync ?? false,
  });
}

const lines = (kind: string) => folder.lines().flatMap((line) => (line.kind === kind ? [line.json] : []));

beforeEach(() => {
  Logger.overrideLogger(false);
  folder = aJournalFolder();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await journal.stop();
  folder.remove();
});

describe('the ledger', () => {
  test('has the beginning of a call in the file before open returns, and its end before close does', () => {
    const ledger = aLedger();
    const outcome = anOutcome();
    ledger.open(outcome.call, 10n, [aDeployment()]);
    expect(lines('B')).toMatchObject([{ id: outcome.call.id, res: 10, pi: 1_500_000 }]);
    expect(ledger.close(outcome)).toBeUndefined();
    expect(lines('E')).toMatchObject([{ id: outcome.call.id, cost: 37_500_000 }]);
  });

  test('closes a call once, whoever says it again', () => {
    const ledger = aLedger();
    const outcome = anOutcome();
    ledger.open(outcome.call, 0n);
    void ledger.close(outcome);
    void ledger.close(anOutcome({ call: { ...outcome.call }, costPicoUsd: 1n }));
    expect(lines('E')).toHaveLength(1);
    expect(spent.get(`key:${outcome.call.caller.keyHash}`)).toBe(37_500_000n);
  });

  test('records a call that was refused before it was opened', () => {
    const ledger = aLedger();
    void ledger.close(anOutcome({ status: 400, deployment: null, costPicoUsd: 0n }));
    expect(lines('E')).toMatchObject([{ st: 400 }]);
  });

  test('counts the cost for key, user, team and end user at once', () => {
    const ledger = aLedger();
    const caller = aCaller({ keyHash: 'k', userId: 'u', teamId: 't' });
    void ledger.close(anOutcome({ call: aCall({ caller, endUser: 'e' }), costPicoUsd: 7n }));
    expect([...spent]).toEqual(['key:k', 'user:u', 'team:t', 'end_user:e'].map((scope) => [scope, 7n]));
  });

  test('notes progress at most every two seconds', () => {
    const now = jest.spyOn(performance, 'now');
    const ledger = aLedger();
    const call = aCall();
    ledger.open(call, 0n);
    const start = Math.ceil(performance.now());
    for (let second = 0; second <= 5; second += 0.25) {
      now.mockReturnValue(start + second * 1_000);
      ledger.progress(call, second * 100);
    }
    expect(lines('P')).toEqual([
      { id: call.id, ct: 200 },
      { id: call.id, ct: 400 },
    ]);
  });

  test('progress of a call that is not open is nothing', () => {
    const ledger = aLedger();
    ledger.progress(aCall(), 5);
    expect(folder.segments()).toEqual([]);
  });

  test('a new segment shows the calls under way with their progress, and not those that ended', () => {
    const ledger = aLedger({ segmentBytes: 600 });
    const now = jest.spyOn(performance, 'now');
    const open = aCall({ caller: aCaller({ keyHash: 'k' }) });
    ledger.open(open, 5n);
    now.mockReturnValue(performance.now() + 3_000);
    ledger.progress(open, 42);
    for (let index = 0; index < 10; index++) {
      const outcome = anOutcome();
      ledger.open(outcome.call, 1n);
      void ledger.close(outcome);
    }
    const last = folder.segments().at(-1);
    const inLast = folder.lines().filter(({ segment }) => segment === last);
    const words = inLast.find(({ kind }) => kind === 'W')?.json;
    expect(words).toMatchObject({ first: 1, words: ['k', null, null, null] });
    expect(inLast.filter(({ json }) => json['id'] === open.id)).toMatchObject([
      { kind: 'B', json: { k: 1, res: 5 } },
      { kind: 'P', json: { ct: 42 } },
    ]);
  });

  test('always: close waits for the disk', async () => {
    const ledger = aLedger({ awaitSync: true });
    const closed = ledger.close(anOutcome());
    expect(faults.syncedFds).toEqual([]);
    await closed;
    expect(faults.syncedFds).toHaveLength(1);
  });

  test('always: many calls share one sync', async () => {
    const ledger = aLedger({ awaitSync: true });
    const closed = Array.from(
      { length: 50 },
      () => ledger.close(anOutcome()) ?? Promise.reject(new Error('not awaited')),
    );
    await Promise.all(closed);
    expect(faults.syncedFds.length).toBeLessThan(4);
    expect(lines('E')).toHaveLength(50);
  });

  test('always: when no file can be synced the row goes to PostgreSQL before close ends', async () => {
    const ledger = aLedger({ awaitSync: true });
    const closed = ledger.close(anOutcome());
    faults.datasync = 1;
    faults.write = new Error('ENOSPC');
    await closed;
    expect(direct.rows).toHaveLength(1);
  });
});

describe('without a journal', () => {
  test('calls are taken while PostgreSQL is there, and close waits for the row', async () => {
    const ledger = aLedger({ withJournal: false });
    direct.canWrite = true;
    const outcome = anOutcome();
    ledger.open(outcome.call, 0n);
    await ledger.close(outcome);
    expect(direct.rows).toHaveLength(1);
    expect(ledger.stats()).toMatchObject({ mode: 'direct', openCalls: 0 });
  });

  test('no call is taken while PostgreSQL is away', () => {
    const ledger = aLedger({ withJournal: false });
    expect(() => ledger.open(aCall(), 0n)).toThrow(
      expect.objectContaining({ status: 503, type: 'accounting_unavailable' }),
    );
    expect(ledger.stats().mode).toBe('unavailable');
  });

  test('a full disk sends rows to PostgreSQL, and the journal takes over again when it can', async () => {
    const ledger = aLedger();
    direct.canWrite = true;
    const outcome = anOutcome();
    ledger.open(outcome.call, 0n);
    faults.write = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    await ledger.close(outcome);
    expect(direct.rows).toHaveLength(1);
    expect(ledger.stats().mode).toBe('direct');
    faults.write = null;
    const later = performance.now() + 2_000;
    jest.spyOn(performance, 'now').mockReturnValue(later);
    expect(ledger.close(anOutcome())).toBeUndefined();
    expect(ledger.stats().mode).toBe('journal');
  });

  test('a full disk and no PostgreSQL refuse the call', () => {
    const ledger = aLedger();
    faults.write = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    expect(() => ledger.open(aCall(), 0n)).toThrow(
      expect.objectContaining({ type: 'accounting_unavailable' }),
    );
    expect(ledger.stats().openCalls).toBe(0);
  });

  test('a disk that is full just when a new key is written down is a full disk too', () => {
    const ledger = aLedger();
    direct.canWrite = true;
    ledger.open(aCall(), 0n);
    faults.write = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    expect(() => ledger.open(aCall({ caller: aCaller({ keyHash: 'new' }) }), 0n)).not.toThrow();
    expect(ledger.stats().mode).toBe('direct');
  });

  test('a mistake of ours is not taken for a full disk', () => {
    const ledger = aLedger();
    jest.spyOn(journal, 'append').mockImplementation(() => {
      throw new TypeError('ours');
    });
    expect(() => ledger.open(aCall(), 0n)).toThrow(TypeError);
  });
});
