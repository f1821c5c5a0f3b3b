import { beforeEach, describe, expect, test } from '@jest/globals';
import { Breaker } from './breaker.js';

let breaker: Breaker;
let now: number;

beforeEach(() => {
  breaker = new Breaker();
  now = 1_000;
});

const failures = (count: number, allowed = 3): boolean[] =>
  Array.from({ length: count }, () => breaker.failed(now, allowed));

describe('when a deployment should rest', () => {
  test('after more failures than are allowed, where they are more than half of its calls', () => {
    expect(failures(4)).toEqual([false, false, false, true]);
  });

  test('not while most of its calls succeed', () => {
    for (let i = 0; i < 10; i += 1) breaker.succeeded(now);
    expect(failures(4)).toEqual([false, false, false, false]);
  });

  test('after five failures in a row, whatever was before', () => {
    for (let i = 0; i < 1_000; i += 1) breaker.succeeded(now);
    expect(failures(5).at(-1)).toBe(true);
  });

  test('not for failures that are a minute old', () => {
    for (let i = 0; i < 3; i += 1) {
      expect(failures(1)).toEqual([false]);
      breaker.succeeded(now);
    }
    now += 60_000;
    expect(failures(1)).toEqual([false]);
  });
});

describe('a deployment that rests', () => {
  beforeEach(() => breaker.rest(now, 5_000, null));

  test('is not asked until its time is over', () => {
    expect([breaker.admits(now), breaker.admits(now + 4_999), breaker.admits(now + 5_000)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(breaker.restMs(now + 1_000)).toBe(4_000);
  });

  test('is then asked by one call alone', () => {
    expect(breaker.began(now + 5_000)).toBe(true);
    expect(breaker.admits(now + 5_000)).toBe(false);
    expect(breaker.began(now + 5_000)).toBe(false);
  });

  test('is back when that call is answered', () => {
    breaker.began(now + 5_000);
    breaker.answered();
    expect([breaker.isResting, breaker.admits(now + 5_000)]).toEqual([false, true]);
  });

  test('is asked by another when the client of that call left', () => {
    breaker.began(now + 5_000);
    breaker.abandoned();
    expect(breaker.admits(now + 5_000)).toBe(true);
  });

  test('rests twice as long each time it fails again, at most a minute', () => {
    const rests: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      now += breaker.restMs(now);
      breaker.began(now);
      expect(breaker.failed(now, 3)).toBe(true);
      breaker.rest(now, 5_000, null);
      rests.push(breaker.restMs(now));
    }
    expect(rests).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  test('does not rest longer because calls that were under way fail too', () => {
    for (let i = 0; i < 10; i += 1) breaker.rest(now + 1_000, 5_000, null);
    expect(breaker.restMs(now)).toBe(5_000);
  });

  test('rests as long as it asked for', () => {
    breaker.rest(now, 5_000, 30_000);
    expect(breaker.restMs(now)).toBe(30_000);
    breaker.rest(now, 5_000, 1_000);
    expect(breaker.restMs(now)).toBe(30_000);
  });

  test('begins with the shortest rest after a success', () => {
    breaker.rest(now, 5_000, null);
    breaker.succeeded(now + 100_000);
    breaker.rest(now + 100_000, 5_000, null);
    expect(breaker.restMs(now + 100_000)).toBe(5_000);
  });
});
