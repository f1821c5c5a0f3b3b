import { expect, test } from '@jest/globals';
import { retryAfterMsOf } from './retry-after.js';

const NOW = new Date('2026-11-24T03:00:00Z');

test.each([
  ['1', 1_000],
  ['60', 60_000],
  ['0.5', 500],
  [' 2 ', 2_000],
  ['Tue, 24 Nov 2026 03:00:30 GMT', 30_000],
  ['Tue, 24 Nov 2026 02:59:30 GMT', null],
  ['999999999', 3_600_000],
  ['0', null],
  ['-5', null],
  ['soon', null],
  ['1e9', null],
  ['Mon, garbage', null],
  ['', null],
])('Retry-After %j is %s ms', (text, ms) => {
  expect(retryAfterMsOf({ headers: { 'retry-after': text } }, NOW)).toBe(ms);
});

test('an answer without one says nothing', () => {
  expect(retryAfterMsOf({ headers: {} }, NOW)).toBeNull();
});
