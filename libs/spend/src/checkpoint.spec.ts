import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readCheckpoint, removeCheckpoint, writeCheckpoint } from './checkpoint.js';
import { aJournalFolder, type JournalFolder } from './testing.js';

let folder: JournalFolder;
let segment: string;

beforeEach(() => {
  folder = aJournalFolder();
  segment = join(folder.path, 'segment');
});
afterEach(() => folder.remove());

describe('a checkpoint', () => {
  test('is the last offset that was written', () => {
    writeCheckpoint(segment, 1_234_567);
    writeCheckpoint(segment, 99);
    expect(readCheckpoint(segment)).toBe(99);
  });

  test.each(['', 'x', '-5', '1.5', '1e30', '12\n34'])('that reads %p is the beginning', (text) => {
    writeFileSync(`${segment}.checkpoint`, text);
    expect(readCheckpoint(segment)).toBe(0);
  });

  test('that is not there is the beginning', () => {
    writeCheckpoint(segment, 5);
    removeCheckpoint(segment);
    expect(readCheckpoint(segment)).toBe(0);
  });

  test('that cannot be written is no error', () => {
    expect(() => writeCheckpoint(join(folder.path, 'gone', 'segment'), 5)).not.toThrow();
  });
});
