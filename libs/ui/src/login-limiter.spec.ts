import { expect, test } from '@jest/globals';
import { LoginLimiter } from './login-limiter.js';

test('the eleventh wrong key of a minute is not looked at, and another address still is', () => {
  const limiter = new LoginLimiter();
  for (let count = 0; count < 10; count++) {
    limiter.require('a', 1_000);
    limiter.failed('a', 1_000);
  }
  expect(() => limiter.require('a', 2_000)).toThrow('Try again in 59 s');
  expect(() => limiter.require('b', 2_000)).not.toThrow();
  expect(() => limiter.require('a', 61_000)).not.toThrow();
});
