import { beforeEach, describe, expect, test } from '@jest/globals';
import { LogStorm } from './log-storm.js';

let nowMs: number;
let storm: LogStorm;

beforeEach(() => {
  nowMs = 0;
  storm = new LogStorm(() => nowMs);
});

describe('a storm of lines', () => {
  test('is one line a second, the next tells how many were left out', () => {
    const passed = Array.from({ length: 100 }, () => storm.admit('Relay', 'it broke'));
    expect(passed.filter((one) => one !== null)).toEqual([0]);
    nowMs = 1_000;
    expect(storm.admit('Relay', 'it broke')).toBe(99);
  });

  test('hides no other cause', () => {
    expect([storm.admit('A', 'x'), storm.admit('B', 'x'), storm.admit('A', 'y')]).toEqual([0, 0, 0]);
  });

  test('is the same storm when only figures differ', () => {
    expect([storm.admit('A', 'failed after 17 ms'), storm.admit('A', 'failed after 21 ms')]).toEqual([
      0,
      null,
    ]);
  });

  test('of many causes keeps its memory small', () => {
    for (let at = 0; at < 5_000; at++)
      storm.admit('A', `cause ${'x'.repeat(at % 100)}${String.fromCharCode(at + 200)}`);
    expect(storm.admit('A', 'cause new')).toBe(0);
  });
});
