import { describe, expect, test } from '@jest/globals';
import { type Outcome } from '@app/call';
import { aCall, anOutcome } from '@testing/call';
import { TraceQueue } from './trace-queue.js';

const MANY = { events: 1_000, bytes: 1e9 };
const named = (callId: string, bodyBytes = 100): Outcome => anOutcome({ call: aCall({ callId, bodyBytes }) });
const names = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ call }) => call.callId);
const held = ({ counts, size }: TraceQueue): number =>
  counts.delivered + counts.full + counts.refused + counts.shutdown + size;

describe('what waits for delivery', () => {
  test('leaves in the order in which it came', () => {
    const queue = new TraceQueue(MANY);
    for (const name of ['a', 'b', 'c']) queue.push(named(name));
    expect(names(queue.take({ events: 2, bytes: 1e9 }))).toEqual(['a', 'b']);
  });

  test('is at most so many: the oldest go', () => {
    const queue = new TraceQueue({ events: 3, bytes: 1e9 });
    for (let at = 0; at < 10; at++) queue.push(named(`${at}`));
    expect(names(queue.take(MANY))).toEqual(['7', '8', '9']);
    expect(queue.counts).toMatchObject({ accepted: 10, full: 7 });
  });

  test('is at most so many bytes, bodies and answers counted', () => {
    const queue = new TraceQueue({ events: 1_000, bytes: 1_000_000 });
    for (let at = 0; at < 20; at++) queue.push(named(`${at}`, 50_000));
    expect(queue.size).toBe(6);
    expect(queue.bytes).toBeLessThanOrEqual(1_000_000);
  });

  test('one event larger than everything is dropped, not kept', () => {
    const queue = new TraceQueue({ events: 10, bytes: 1_000 });
    queue.push(named('huge', 1_000_000));
    expect(queue.size).toBe(0);
    expect(queue.counts.full).toBe(1);
  });

  test('what was taken counts until it is settled', () => {
    const queue = new TraceQueue({ events: 3, bytes: 1e9 });
    for (const name of ['a', 'b', 'c']) queue.push(named(name));
    queue.take({ events: 2, bytes: 1e9 });
    queue.push(named('d'));
    expect(queue.size).toBe(3);
    expect(queue.counts.full).toBe(1);
    queue.settle(2, 0);
    expect(names(queue.take(MANY))).toEqual(['d']);
  });

  test('a batch keeps to its bytes, but is never empty', () => {
    const queue = new TraceQueue(MANY);
    queue.push(named('large', 100_000));
    queue.push(named('small'));
    expect(names(queue.take({ events: 10, bytes: 1_000 }))).toEqual(['large']);
  });

  test('nothing is lost without being counted, whatever happens', () => {
    const queue = new TraceQueue({ events: 50, bytes: 1e9 });
    for (let round = 0; round < 2_000; round++) {
      queue.push(named(`${round}`));
      if (round % 7 !== 0) continue;
      const taken = queue.take({ events: 5, bytes: 1e9 }).length;
      queue.settle(taken - (round % 2), round % 2);
    }
    expect(queue.counts.accepted).toBe(2_000);
    expect(held(queue)).toBe(2_000);
    queue.clear();
    expect(queue.size).toBe(0);
    expect(held(queue)).toBe(2_000);
  });
});
