import { expect, test } from '@jest/globals';
import { LoginLimiter } from './login-limiter.js';

/** How many of so many attempts are looked at. */
function looked(limiter: LoginLimiter, address: string, attempts: number, nowMs: number): number {
  let count = 0;
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      limiter.begin(address, nowMs);
      count++;
    } catch {
      // Refused.
    }
  }
  return count;
}

test('of a thousand keys guessed at once five are looked at, and another client is still let in', () => {
  const limiter = new LoginLimiter();
  expect(looked(limiter, '192.0.2.1', 1_000, 1_000)).toBe(5);
  expect(() => limiter.begin('192.0.2.1', 2_000)).toThrow('Try again in 59 s');
  expect(() => limiter.begin('192.0.2.2', 2_000)).not.toThrow();
  expect(() => limiter.begin('192.0.2.1', 61_000)).not.toThrow();
});

test('right keys cost nothing', () => {
  const limiter = new LoginLimiter();
  for (let count = 0; count < 100; count++) {
    limiter.begin('192.0.2.1', 1_000);
    limiter.succeeded('192.0.2.1');
  }
  expect(looked(limiter, '192.0.2.1', 10, 1_000)).toBe(5);
});

test('fifty are looked at of all that strangers guess, and who has signed in before is let in all the same', () => {
  const limiter = new LoginLimiter();
  limiter.begin('192.0.2.1', 0);
  limiter.succeeded('192.0.2.1');
  let count = 0;
  for (let other = 0; other < 200; other++) count += looked(limiter, `198.51.100.${other}`, 3, 1_000);
  expect(count).toBe(50);
  expect(() => limiter.begin('192.0.2.1', 1_000)).not.toThrow();
  expect(() => limiter.begin('203.0.113.1', 1_000)).toThrow('Too many wrong keys');
  expect(() => limiter.begin('203.0.113.1', 62_000)).not.toThrow();
});

test('the addresses of one IPv6 network are one client', () => {
  const limiter = new LoginLimiter();
  let count = 0;
  for (let host = 1; host < 100; host++) count += looked(limiter, `2001:db8::${host.toString(16)}`, 1, 1_000);
  expect(count).toBe(5);
});

test('a clock that is set back locks nobody out', () => {
  const limiter = new LoginLimiter();
  looked(limiter, '192.0.2.1', 10, 86_400_000);
  expect(() => limiter.begin('192.0.2.1', 0)).not.toThrow();
});
