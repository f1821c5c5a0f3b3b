import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeLine, LINE, type LineKind } from './journal-line.js';
import { type RowSlice, SegmentReader } from './segment-reader.js';
import { aJournalFolder, type JournalFolder } from './testing.js';

let folder: JournalFolder;
let path: string;
let reader: SegmentReader;

function line(kind: LineKind, json: unknown): Buffer {
  const target = Buffer.alloc(128 * 1024);
  return target.subarray(0, encodeLine(target, kind, JSON.stringify(json)));
}
const row = (id: number | string) => line(LINE.ended, { id });
const idsOf = (slice: RowSlice | null) =>
  (JSON.parse(slice?.json.toString() ?? '[]') as { id: unknown }[]).map(({ id }) => id);

beforeEach(() => {
  folder = aJournalFolder();
  path = join(folder.path, 'segment');
  reader = new SegmentReader({ path });
});
afterEach(async () => {
  await reader.close();
  folder.remove();
});

describe('reading a segment', () => {
  test('gives rows as one JSON array, as they stand in the file', async () => {
    writeFileSync(path, Buffer.concat([line(LINE.owner, {}), row('a'), line(LINE.begun, {}), row('b')]));
    const slice = await reader.next(10);
    expect(slice?.json.toString()).toBe('[{"id":"a"},{"id":"b"}]');
    expect(slice?.rows).toBe(2);
  });

  test('gives no more rows than asked for, and the rest next time', async () => {
    writeFileSync(path, Buffer.concat([1, 2, 3].map(row)));
    expect([idsOf(await reader.next(2)), idsOf(await reader.next(2)), await reader.next(2)]).toEqual([
      [1, 2],
      [3],
      null,
    ]);
  });

  test('follows a file that is still written, also through half a line', async () => {
    writeFileSync(path, row(1));
    expect(idsOf(await reader.next(9))).toEqual([1]);
    const bytes = row(2);
    appendFileSync(path, bytes.subarray(0, 15));
    expect(await reader.next(9)).toBeNull();
    expect(reader.tornBytes).toBe(15);
    appendFileSync(path, bytes.subarray(15));
    expect(idsOf(await reader.next(9))).toEqual([2]);
    expect(reader.tornBytes).toBe(0);
  });

  test('reads many chunks, and lines across their borders', async () => {
    const rows = Array.from({ length: 3_000 }, (_, index) => `${index} ${'x'.repeat(index % 700)}`);
    writeFileSync(path, Buffer.concat(rows.map(row)));
    const found: unknown[] = [];
    for (let slice = await reader.next(700); slice; slice = await reader.next(700))
      found.push(...idsOf(slice));
    expect(found).toEqual(rows);
  });

  test('leaves a slice as it is while the next one is read', async () => {
    writeFileSync(path, Buffer.concat([1, 2, 3, 4].map(row)));
    const first = await reader.next(2);
    const second = await reader.next(2);
    expect([idsOf(first), idsOf(second)]).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('skips rows before the checkpoint but learns their words', async () => {
    const words = line(LINE.words, { first: 1, words: ['hash', null] });
    const before = Buffer.concat([words, row(1)]);
    writeFileSync(path, Buffer.concat([before, row(2)]));
    reader = new SegmentReader({ path, from: before.length });
    expect(reader.offset).toBe(before.length);
    const slice = await reader.next(9);
    expect(idsOf(slice)).toEqual([2]);
    expect(slice?.words).toEqual([null, 'hash', null]);
  });

  test('its offset is a checkpoint from which exactly the rest is read', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => index);
    writeFileSync(path, Buffer.concat(rows.map(row)));
    for (let taken = 1; taken < 50; taken += 7) {
      const first = new SegmentReader({ path });
      await first.next(taken);
      const rest = new SegmentReader({ path, from: first.offset });
      expect(idsOf(await rest.next(99))).toEqual(rows.slice(taken));
      await first.close();
      await rest.close();
    }
  });

  test('counts damage and goes on behind it', async () => {
    const bad = row('bad');
    bad[12] = (bad[12] ?? 0) ^ 1;
    writeFileSync(path, Buffer.concat([row(1), bad, row(2)]));
    expect(idsOf(await reader.next(9))).toEqual([1, 2]);
    expect(reader.damaged).toBe(1);
  });

  test('a damaged copy of words is made good by the other one', async () => {
    const words = line(LINE.words, { first: 1, words: ['hash'] });
    const bad = Buffer.from(words);
    bad[20] = (bad[20] ?? 0) ^ 4;
    for (const pair of [
      [bad, words],
      [words, bad],
    ]) {
      writeFileSync(path, Buffer.concat([...pair, row(1)]));
      const each = new SegmentReader({ path });
      expect((await each.next(9))?.words).toEqual([null, 'hash']);
      await each.close();
    }
  });

  test('knows when the owner has sealed it', async () => {
    writeFileSync(path, row(1));
    await reader.next(9);
    expect(reader.sealed).toBe(false);
    appendFileSync(path, line(LINE.sealed, {}));
    await reader.next(9);
    expect(reader.sealed).toBe(true);
  });

  test('any cut of the file gives a beginning of its rows', async () => {
    const rows = Array.from({ length: 10 }, (_, index) => index);
    const bytes = Buffer.concat(rows.map(row));
    writeFileSync(path, bytes);
    for (let length = bytes.length; length >= 0; length -= 11) {
      truncateSync(path, length);
      const each = new SegmentReader({ path });
      const found = idsOf(await each.next(99));
      expect(found).toEqual(rows.slice(0, found.length));
      expect(each.damaged).toBe(0);
      await each.close();
    }
  });
});
