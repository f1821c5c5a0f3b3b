import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { isSameOwner, lifeOf, readSegmentName, segmentFileName, thisProcess } from './segment-owner.js';

const self = thisProcess();

describe('the owner of a segment', () => {
  test('is read back from the file name', () => {
    expect(readSegmentName(segmentFileName(self, 42))).toEqual({ owner: self, sequence: 42 });
  });

  test.each([
    '',
    'x.journal',
    'a.b.c.d.1.journal',
    `${segmentFileName(self, 1)}.checkpoint`,
    '../x.1.2.3.4.journal',
  ])('%p names none', (name) => {
    expect(readSegmentName(name)).toBeNull();
  });

  test('names sort in the order in which segments were written', () => {
    const names = [9, 10, 100, 12_345_678].map((sequence) => segmentFileName(self, sequence));
    expect([...names].sort()).toEqual(names);
  });

  test('this process is alive', () => {
    expect(lifeOf(self, self)).toBe('alive');
    expect(isSameOwner(self, thisProcess())).toBe(true);
  });

  test('a process that has ended is dead', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    const owner = { ...self, pid: child.pid ?? 0, started: '1' };
    await once(child, 'exit');
    expect(lifeOf(owner, self)).toBe('dead');
  });

  test('another process under the same id is not the owner', () => {
    expect(lifeOf({ ...self, started: '1' }, self)).toBe('dead');
  });

  test('a process of another boot or another container cannot be judged', () => {
    expect(lifeOf({ ...self, boot: 'other' }, self)).toBe('unknown');
    expect(lifeOf({ ...self, namespace: '1' }, self)).toBe('unknown');
  });

  test('where start times are not to be had, a running process may be the owner or not', () => {
    const blind = { ...self, started: 'x' };
    expect(lifeOf(blind, blind)).toBe('unknown');
    expect(lifeOf({ ...blind, pid: 2 ** 22 + 1 }, blind)).toBe('dead');
  });
});
