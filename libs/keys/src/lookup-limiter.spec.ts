import { expect, test } from '@jest/globals';
import { LookupLimiter } from './lookup-limiter.js';

test('a flood gets twenty a second, and a quiet time saves up no more than that', () => {
  const limiter = new LookupLimiter(20);
  let taken = 0;
  for (let nowMs = 0; nowMs < 10_000; nowMs++) if (limiter.take(nowMs)) taken++;
  expect(taken).toBeGreaterThanOrEqual(219);
  expect(taken).toBeLessThanOrEqual(220);
  let burst = 0;
  for (let times = 0; times < 100; times++) if (limiter.take(1_000_000)) burst++;
  expect(burst).toBe(20);
});

test('a clock that goes backwards gives nothing away', () => {
  const limiter = new LookupLimiter(2);
  expect([limiter.take(5000), limiter.take(5000), limiter.take(1000), limiter.take(1400)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
