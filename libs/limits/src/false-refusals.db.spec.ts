import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { aLimitedCall, aReplica, aKeyRule, KEY, type Replica } from './testing.js';

/** `FALSE_REFUSAL_CALLS=100000` takes the figure of the bar. */
const CALLS = Number(process.env['FALSE_REFUSAL_CALLS'] ?? 2_000);
const CALLS_A_RUN = 500;
const MOST_PICO_USD = 1_000_000n;
const LEFT_PICO_USD = 100n;

let database: TestDatabase;
let replica: Replica;

beforeAll(async () => {
  database = await aTestDatabase();
});
beforeEach(async () => {
  await database.query(
    'TRUNCATE limit_accounts, limit_holders, limit_leases, spend_totals, spend_daily, spend_logs',
  );
  replica = await aReplica(database);
});
afterEach(() => replica.stop());
afterAll(() => database.drop());

/** What a call may cost at most, and the share of it that it costs in the end; none is an error or a release. */
const aCallOf = fc.record({
  bound: fc.bigInt({ min: 1n, max: MOST_PICO_USD }),
  percent: fc.oneof(fc.constant(0n), fc.constant(100n), fc.bigInt({ min: 0n, max: 100n })),
});

let budgets = 0;

test(`of ${CALLS} calls one after another none is refused while its bound still fits, and all money can be used`, async () => {
  let admitted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(aCallOf, { minLength: CALLS_A_RUN, maxLength: CALLS_A_RUN }), async (calls) => {
      // Money for exactly these calls, so that the last ones come close to the end of it.
      const costs = calls.map(({ bound, percent }) => (bound * percent) / 100n);
      const spent = costs.reduce((sum, cost) => sum + cost, 0n);
      const last = calls.at(-1)?.bound ?? 0n;
      const rule = aKeyRule({
        scope: `key:${KEY}:${(budgets += 1)}`,
        maxBudgetPicoUsd: spent + last + MOST_PICO_USD,
      });
      for (const [at, { bound }] of calls.entries()) {
        await replica.run(aLimitedCall([rule]), bound, costs[at]);
        admitted += 1;
      }
      // What is left is still to be had, but for the last hundred pico-dollars.
      const left = last + MOST_PICO_USD - LEFT_PICO_USD;
      await replica.run(aLimitedCall([rule]), left, left);
    }),
    { numRuns: Math.ceil(CALLS / CALLS_A_RUN), endOnFailure: true },
  );
  expect(admitted).toBeGreaterThanOrEqual(CALLS);
}, 600_000);
