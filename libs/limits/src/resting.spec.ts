import { describe, expect, test } from '@jest/globals';
import { Resting } from './resting.js';

const MINUTE_MS = 60_000;

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return (state >> 8) % below;
  };
}

describe('what rests', () => {
  test('comes back a minute after it was taken, not earlier and hardly later', () => {
    const resting = new Resting();
    resting.add(3n, 1_000);
    expect(resting.release(1_000 + MINUTE_MS - 1)).toBe(0n);
    expect(resting.release(1_000 + MINUTE_MS)).toBe(3n);
    expect(resting.sum).toBe(0n);
  });

  test('tells from when on a given amount is there again', () => {
    const resting = new Resting();
    resting.add(1n, 0);
    resting.add(1n, 500);
    expect([1n, 2n, 3n].map((amount) => resting.availableAtMs(amount))).toEqual([60_000, 60_500, null]);
  });

  test('takes no more room than there are moments in a minute', () => {
    const resting = new Resting();
    for (let step = 0; step < 200_000; step += 1) {
      resting.add(1n, step);
      resting.release(step);
    }
    expect(resting.sum).toBeLessThanOrEqual(60_051n);
  });

  test.each([1, 7, 60, 1_000])('lets no minute hold more than %s, and uses at least 99 of 100', (limit) => {
    const random = seeded(limit);
    const resting = new Resting();
    const admitted: number[] = [];
    let available = limit;
    let nowMs = 0;
    for (let step = 0; step < 30_000; step += 1) {
      nowMs += random(3) === 0 ? random(900) : 0;
      available += Number(resting.release(nowMs));
      if (available === 0) continue;
      available -= 1;
      resting.add(1n, nowMs);
      admitted.push(nowMs);
    }
    for (let i = limit; i < admitted.length; i += 1) {
      expect((admitted[i] ?? 0) - (admitted[i - limit] ?? 0) >= MINUTE_MS).toBe(true);
    }
    const possible = limit * (1 + Math.floor(nowMs / MINUTE_MS));
    if (limit <= 60) expect(admitted.length).toBeGreaterThanOrEqual(Math.floor(possible * 0.97));
  });
});
