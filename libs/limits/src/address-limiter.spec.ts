import { describe, expect, test } from '@jest/globals';
import { AddressLimiter, clientOf } from './address-limiter.js';

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
    expect(limiter.size).toBe(50_000);
  });

  test('keeps those who have come lately', () => {
    const limiter = new AddressLimiter(RATE);
    admitted(limiter, '192.0.2.1', 500, 0);
    for (let other = 0; other < 49_000; other += 1) limiter.take(`10.0.${other >> 8}.${other & 0xff}`, 0);
    expect(limiter.take('192.0.2.1', 0).isAdmitted).toBe(false);
  });
});

describe('a client', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('with the address %s is %s', (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});
