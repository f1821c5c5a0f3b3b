import { beforeEach, describe, expect, test } from '@jest/globals';
import { GroupSync } from './group-sync.js';
import { type JournalFileSystem, realFiles } from './journal-files.js';
import { LINE } from './journal-line.js';

/** Each sync ends when the spec says so. */
interface Pending {
  succeed(): void;
  fail(): void;
}

let syncs: Pending[];
let directories: number;
let lost: string[];
let sync: GroupSync;

const soon = () => new Promise((resolve) => setTimeout(resolve, 5));
const write = (text: string) => sync.encode(LINE.ended, `"${text}"`);

beforeEach(() => {
  syncs = [];
  directories = 0;
  lost = [];
  const files: JournalFileSystem = {
    ...realFiles,
    syncDirectory: () => {
      directories++;
      return Promise.resolve();
    },
    datasync: () =>
      new Promise((resolve, reject) => {
        syncs.push({ succeed: resolve, fail: () => reject(new Error('EIO')) });
      }),
  };
  sync = new GroupSync(files, { fd: 0, directory: '' }, (_, lines) => lost.push(...lines.map(String)));
});

describe('a group of lines', () => {
  test('shares one sync', async () => {
    write('a');
    const first = sync.synced();
    write('b');
    const second = sync.synced();
    await soon();
    expect(syncs).toHaveLength(1);
    syncs[0]?.succeed();
    await Promise.all([first, second]);
    expect(sync.isDirty).toBe(false);
  });

  test('a line that comes while a sync is under way waits for the next one', async () => {
    write('a');
    const first = sync.synced();
    await soon();
    write('b');
    let isDone = false;
    const second = sync.synced().then(() => (isDone = true));
    syncs[0]?.succeed();
    await first;
    await soon();
    expect({ isDone, syncs: syncs.length }).toEqual({ isDone: false, syncs: 2 });
    syncs[1]?.succeed();
    await second;
  });

  test('without lines nothing is synced', async () => {
    await sync.synced();
    expect(syncs).toEqual([]);
  });

  test('the directory is synced once, with the first lines', async () => {
    for (let round = 0; round < 3; round++) {
      write('a');
      const done = sync.synced();
      await soon();
      syncs.at(-1)?.succeed();
      await done;
    }
    expect(directories).toBe(1);
  });

  test('an error gives back every line since the last success, also those written meanwhile', async () => {
    write('safe');
    const first = sync.synced();
    await soon();
    syncs[0]?.succeed();
    await first;
    write('a');
    const second = sync.synced();
    await soon();
    write('b');
    syncs[1]?.fail();
    await expect(second).rejects.toThrow('EIO');
    expect(lost.join('')).toMatch(/"a"\n.*"b"\n/s);
    expect(lost.join('')).not.toContain('safe');
  });

  test('after an error the file is never synced again', async () => {
    write('a');
    const first = sync.synced();
    await soon();
    syncs[0]?.fail();
    await expect(first).rejects.toThrow('EIO');
    write('b');
    await expect(sync.synced()).rejects.toThrow('EIO');
    expect(syncs).toHaveLength(1);
  });
});
