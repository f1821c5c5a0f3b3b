import { execFileSync } from 'node:child_process';
import { statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Journal, JournalError, type JournalOptions } from './journal.js';
import { LINE } from './journal-line.js';
import { aJournalFolder, faultyFiles, type Faults, type JournalFolder } from './testing.js';

let folder: JournalFolder;
let faults: Faults;
let journal: Journal;

function aJournal(options: Partial<JournalOptions> = {}): Journal {
  const faulty = faultyFiles();
  faults = faulty.faults;
  return new Journal({ directory: folder.path, files: faulty.files, ...options });
}

function write(id: string): void {
  journal.begin();
  journal.append(LINE.ended, `{"id":"${id}"}`);
}

const ended = () => folder.lines().flatMap(({ kind, json }) => (kind === 'E' ? [json['id']] : []));

beforeEach(() => {
  Logger.overrideLogger(false);
  folder = aJournalFolder();
  journal = aJournal();
  journal.start();
});
afterEach(async () => {
  jest.useRealTimers();
  await journal.stop();
  folder.remove();
});

describe('the journal', () => {
  test('has each line in the file when append returns, behind a line that tells the owner', () => {
    write('a');
    write('b');
    expect(folder.lines().map(({ kind }) => kind)).toEqual(['H', 'E', 'E']);
    expect(folder.lines()[0]?.json).toMatchObject({ pid: process.pid });
  });

  test('writes words twice, before the line that uses them', () => {
    const words = journal.begin();
    words.blockOf({}, () => ['hash']);
    expect(folder.lines().slice(1)).toMatchObject([
      { kind: 'W', json: { first: 1, words: ['hash'] } },
      { kind: 'W', json: { first: 1, words: ['hash'] } },
    ]);
  });

  test('begins a new segment when one is full, and seals the old one', async () => {
    await journal.stop();
    journal = aJournal({ segmentBytes: 400 });
    for (let index = 0; index < 60; index++) write(`row ${index}`);
    const segments = folder.segments();
    expect(segments.length).toBeGreaterThan(3);
    const kinds = folder.lines().filter(({ segment }) => segment === segments[1]);
    expect(kinds.at(0)?.kind).toBe('H');
    expect(kinds.at(-1)?.kind).toBe('S');
    expect(ended()).toHaveLength(60);
  });

  test('a new segment begins with what is under way, however much that is', async () => {
    await journal.stop();
    journal = aJournal({ segmentBytes: 200 });
    journal.carryOver = () => {
      for (let index = 0; index < 20; index++) journal.append(LINE.begun, `{"id":"open ${index}"}`);
    };
    for (let index = 0; index < 12; index++) write(`row ${index}`);
    const last = folder.segments().at(-1);
    const open = folder.lines().filter(({ segment, kind }) => segment === last && kind === 'B');
    expect(open).toHaveLength(20);
    expect(folder.segments().length).toBeLessThan(8);
  });

  test('a segment with very many words is left for a new one', () => {
    const words = journal.begin();
    for (let index = 0; index < 8_192; index++) words.blockOf(`word ${index}`, () => [`word ${index}`]);
    expect(journal.begin()).not.toBe(words);
  });

  test('takes no more than its cap, and goes on when segments are released', async () => {
    await journal.stop();
    journal = aJournal({ segmentBytes: 300, capBytes: 1_000 });
    expect(() => {
      for (let index = 0; index < 100; index++) write(`row ${index}`);
    }).toThrow(JournalError);
    expect(journal.stats()).toMatchObject({ isUsable: false });
    for (const { path, isActive } of journal.segments()) if (!isActive) journal.release(path);
    write('again');
    expect(ended()).toContain('again');
    expect(journal.stats()).toMatchObject({ isUsable: true });
  });

  test('touches its segment so that others see it live', async () => {
    jest.useFakeTimers({ doNotFake: ['performance', 'Date', 'setImmediate', 'nextTick', 'setTimeout'] });
    await journal.stop();
    journal = aJournal();
    journal.start();
    write('a');
    const path = journal.segments()[0]?.path ?? '';
    utimesSync(path, 1, 1);
    jest.advanceTimersByTime(2_000);
    expect(statSync(path).mtimeMs).toBeGreaterThan(Date.now() - 5_000);
  });

  test('leaves a segment that somebody removed', async () => {
    jest.useFakeTimers({ doNotFake: ['performance', 'Date', 'setImmediate', 'nextTick', 'setTimeout'] });
    await journal.stop();
    journal = aJournal();
    journal.start();
    write('a');
    unlinkSync(journal.segments()[0]?.path ?? '');
    jest.advanceTimersByTime(2_000);
    write('b');
    expect(ended()).toEqual(['b']);
  });

  test('after a long pause leaves the segment that may have been adopted', () => {
    const now = jest.spyOn(performance, 'now');
    write('a');
    const start = performance.now();
    now.mockImplementation(() => start + 20_000);
    write('b');
    now.mockRestore();
    expect(new Set(folder.lines().map(({ segment }) => segment)).size).toBe(2);
    expect(folder.lines().map(({ kind }) => kind)).toEqual(['H', 'E', 'S', 'H', 'E']);
  });

  test('says loudly that tmpfs and overlay do not last', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    for (const kind of ['tmpfs', 'overlay'] as const) {
      await journal.stop();
      journal = aJournal();
      faults.volatileKind = kind;
      journal.start();
      expect(warn).toHaveBeenLastCalledWith(expect.stringContaining(kind));
    }
    warn.mockRestore();
  });
});

describe('keeping time', () => {
  test('lines are brought to the disk after 50 ms, without being asked for', async () => {
    await journal.stop();
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance', 'Date'] });
    journal = aJournal();
    journal.start();
    write('a');
    jest.advanceTimersByTime(49);
    await sleep(100);
    expect(faults.syncedFds).toHaveLength(0);
    jest.advanceTimersByTime(1);
    // The disk itself takes as long as it takes.
    for (let turn = 0; turn < 500 && faults.syncedFds.length === 0; turn += 1) await sleep(10);
    expect(faults.syncedFds).toHaveLength(1);
  });

  test('a directory that cannot be made is said so, and tried again with the next call', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const path = join(folder.path, 'file');
    writeFileSync(path, '');
    const other = new Journal({ directory: join(path, 'below') });
    other.start();
    expect(error).toHaveBeenCalledWith(expect.stringContaining('cannot be used'));
    expect(() => other.begin()).toThrow(JournalError);
    unlinkSync(path);
    await sleep(1_050);
    other.begin();
    other.append(LINE.ended, '{}');
    await other.stop();
    error.mockRestore();
  });
});

describe('a disk that refuses', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

  test('is tried again a second later, in a new segment', async () => {
    write('a');
    faults.write = full;
    expect(() => write('b')).toThrow(JournalError);
    faults.write = null;
    expect(() => write('c')).toThrow(JournalError);
    await sleep(1_050);
    write('d');
    expect(ended()).toEqual(['a', 'd']);
    expect(folder.segments()).toHaveLength(2);
  });

  test('is left alone while it has hardly any room', async () => {
    faults.write = full;
    expect(() => write('a')).toThrow(JournalError);
    faults.write = null;
    faults.freeBytes = 1_000;
    await sleep(1_050);
    expect(() => write('b')).toThrow('full');
  });

  test('a line that was cut short is never followed by another', async () => {
    write('a');
    faults.shortWrite = 12;
    expect(() => write('torn')).toThrow(JournalError);
    await sleep(1_050);
    write('b');
    expect(ended()).toEqual(['a', 'b']);
  });

  test('a segment that could not be synced is given up and its lines are written again, under the same words', async () => {
    const words = journal.begin();
    words.blockOf({}, () => ['hash']);
    write('a');
    faults.datasync = 1;
    await journal.synced();
    const [first, second] = folder.segments();
    const again = folder.lines().filter(({ segment }) => segment === second);
    expect(again.map(({ kind }) => kind)).toEqual(['H', 'W', 'W', 'E']);
    expect(again[1]?.json).toEqual({ first: 1, words: ['hash'] });
    expect(first).not.toBe(second);
    expect(new Set(faults.syncedFds).size).toBe(2);
    write('b');
    expect(journal.segments().at(-1)?.path).toBe(join(folder.path, second ?? ''));
  });

  test('lines that were synced before are not written again', async () => {
    write('a');
    await journal.synced();
    write('b');
    faults.datasync = 1;
    await journal.synced();
    expect(ended()).toEqual(['a', 'b', 'b']);
  });

  test('a disk that syncs nothing any more makes synced() fail, not hang', async () => {
    write('a');
    faults.datasync = 1;
    faults.write = full;
    await expect(journal.synced()).rejects.toThrow(JournalError);
  });
});

const canMount = process.getuid?.() === 0 && process.platform === 'linux' && mountsTmpfs();

function mountsTmpfs(): boolean {
  const probe = aJournalFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe.path], { stdio: 'ignore' });
    execFileSync('umount', [probe.path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    probe.remove();
  }
}

// Needs the right to mount: skipped visibly elsewhere.
(canMount ? describe : describe.skip)('a real disk of 1 MB', () => {
  beforeEach(() => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.path]);
  });
  afterEach(() => {
    execFileSync('umount', ['-l', folder.path]);
  });

  test('keeps every line it took when it fills up, and goes on when space returns', async () => {
    const rows = ['x'.repeat(1_000), 'y'.repeat(3_000)];
    journal = new Journal({ directory: folder.path });
    const taken: string[] = [];
    for (let index = 0; ; index++) {
      const id = `${index} ${rows[index % 2]}`;
      try {
        write(id);
        taken.push(id);
      } catch {
        break;
      }
    }
    expect(taken.length).toBeGreaterThan(400);
    expect(ended()).toEqual(taken);
    for (const { path } of journal.segments()) journal.release(path);
    await sleep(1_050);
    write('after');
    expect(ended()).toEqual(['after']);
  });
});
