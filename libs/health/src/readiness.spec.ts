import { expect, test } from '@jest/globals';
import { type Condition, judgeReadiness } from './readiness.js';

const WELL: Condition = { draining: false, booted: true, databaseReachable: true, accounting: 'journal' };
const judge = (changes: Partial<Condition>) => judgeReadiness({ ...WELL, ...changes });

test('a gateway that is well is ready and gives no reasons', () => {
  expect(judge({})).toEqual({ ready: true, reasons: [] });
});

test('a database that went away leaves it ready, and says so', () => {
  expect(judge({ databaseReachable: false })).toEqual({
    ready: true,
    reasons: [expect.stringContaining('away')],
  });
});

test('recording straight to the database leaves it ready, and says so', () => {
  expect(judge({ accounting: 'direct' })).toEqual({
    ready: true,
    reasons: [expect.stringContaining('journal')],
  });
});

test.each([
  ['while it drains', { draining: true }],
  ['before the database was reached once', { booted: false, databaseReachable: false }],
  ['when calls cannot be recorded', { accounting: 'unavailable' }],
] as [string, Partial<Condition>][])('it is not ready %s', (_, changes) => {
  const { ready, reasons } = judge(changes);
  expect(ready).toBe(false);
  expect(reasons).toHaveLength(1);
});
