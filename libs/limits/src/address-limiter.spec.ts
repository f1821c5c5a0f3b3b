import { describe, expect, test } from '@jest/globals';
import { AddressLimiter } from './address-limiter.js';

const RATE = { average: 100, burst: 200 };

const admitted = (limiter: AddressLimiter, address: string, count: number, nowMs: number): number => {
  let sum = 0;
  for (let request = 0; request < count; request += 1) if (limiter.take(address, nowMs).isAdmitted) sum += 1;
  return sum;
};

describe('the requests of one address', () => {
  test('may come all at once up to the burst', () => {
    expect(admitted(new AddressLimiter(RATE), '192.0.2.1', 500, 0)).toBe(200);
  });

  test('go on at the average rate afterwards', () => {
    const limiter = new AddressLimiter(RATE);
    admitted(limiter, '192.0.2.1', 500, 0);
    expect(admitted(limiter, '192.0.2.1', 500, 1_000)).toBe(100);
    expect(admitted(limiter, '192.0.2.1', 500, 1_500)).toBe(50);
  });

  test('are counted down, and the refused one is told when to come back', () => {
    const limiter = new AddressLimiter({ average: 0.5, burst: 2 });
    expect(limiter.take('192.0.2.1', 0)).toEqual({
      isAdmitted: true,
      limit: 2,
      remaining: 1,
      resetSeconds: 2,
    });
    limiter.take('192.0.2.1', 0);
    expect(limiter.take('192.0.2.1', 0)).toMatchObject({
      isAdmitted: false,
      remaining: 0,
      resetSeconds: 2,
    });
  });

  test('are not touched by those of another', () => {
    const limiter = new AddressLimiter(RATE);
    admitted(limiter, '192.0.2.1', 500, 0);
    expect(admitted(limiter, '192.0.2.2', 500, 0)).toBe(200);
  });
});

describe('memory', () => {
  test('is bounded however many addresses there are', () => {
    const limiter = new AddressLimiter(RATE);
    for (let network = 0; network < 120_000; network += 1)
      limiter.take(`2001:db8:${(network >> 16).toString(16)}:${(network & 0xffff).toString(16)}::1`, 0);
    expect(limiter.size).toBeLessThanOrEqual(50_000);
    expect(limiter.size).toBeGreaterThan(45_000);
  });

  test('costs no more time the longer strangers come', () => {
    const limiter = new AddressLimiter(RATE);
    const costOf = (from: number): number => {
      const startedAt = process.cpuUsage();
      for (let client = from; client < from + 40_000; client += 1) limiter.take(`192.0.2.${client}`, 0);
      return process.cpuUsage(startedAt).user;
    };
    const first = costOf(0) + costOf(40_000);
    expect(costOf(80_000) + costOf(120_000)).toBeLessThan(20 * Math.max(first, 50_000));
  });

  test('keeps those who have come lately', () => {
    const limiter = new AddressLimiter(RATE);
    admitted(limiter, '192.0.2.1', 500, 0);
    for (let other = 0; other < 49_000; other += 1) limiter.take(`10.0.${other >> 8}.${other & 0xff}`, 0);
    expect(limiter.take('192.0.2.1', 0).isAdmitted).toBe(false);
  });
});
