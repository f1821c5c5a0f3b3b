import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { isoTime } from './iso-time.js';
import { LineBatches } from './line-batches.js';

let written: string[];
let lines: LineBatches;

beforeEach(() => {
  jest.useFakeTimers();
  written = [];
  lines = new LineBatches({ write: (text) => written.push(text), flushSync: () => undefined });
});

afterEach(() => {
  jest.useRealTimers();
});

describe('lines that leave together', () => {
  test('wait a quarter of a second at most, and keep their order and their letters', () => {
    lines.write('first\n');
    lines.write('zweite: äöü 🙂\n');
    expect(written).toEqual([]);
    jest.advanceTimersByTime(250);
    expect(written).toEqual(['first\nzweite: äöü 🙂\n']);
  });

  test('leave before there is no room for the next', () => {
    const line = `${'x'.repeat(999)}\n`;
    for (let at = 0; at < 100; at += 1) lines.write(line);
    lines.flush();
    expect(written.length).toBeGreaterThan(2);
    expect(written.join('')).toBe(line.repeat(100));
  });

  test('one that is longer than the room passes on its own, behind those before it', () => {
    lines.write('before\n');
    lines.write('🙂'.repeat(20_000));
    lines.write('after\n');
    lines.flushSync();
    expect(written).toEqual(['before\n', '🙂'.repeat(20_000), 'after\n']);
  });

  test('nothing is written when there is nothing', () => {
    lines.flush();
    jest.advanceTimersByTime(1_000);
    expect(written).toEqual([]);
  });
});

test.each([0, 1_796_000_000_999, 1_796_000_001_000, 1_796_000_001_007, 1_796_000_001_070, 999])(
  'the time %d is written as Date would',
  (atMs) => {
    expect(isoTime(atMs)).toBe(new Date(atMs).toISOString());
  },
);
