import { describe, expect, test } from '@jest/globals';
import { type Charge } from '@app/spend';
import { type Balance, Pool } from './pool.js';

const COST = 100n;

function aBalance(changes: Partial<Balance> = {}): Balance {
  return { account: '7', granted: 1_000n, spent: 0n, free: 0n, others: 0n, live: 1, ...changes };
}

let pending = 0n;

/** A budget of 1,000 from which one call has taken and spent 100, its row on the way. */
function aSpentPool(scope = 'key:a'): Pool {
  const name = {
    scope,
    model: null,
    kind: 'money',
    startsAtMs: -Infinity,
    endsAtMs: Infinity,
  } as const;
  const pool = new Pool(name, 1_000n, () => pending);
  pool.grant(aBalance(), 0);
  pool.take(COST, 1);
  pending = COST;
  pool.settle(COST, COST, 2);
  return pool;
}

/** The row of a call of this process has arrived. */
function arrived(pool: Pool, row: Charge): void {
  pending -= row.picoUsd;
  pool.charge(row, true, 3);
}

const OWN_ROW = { picoUsd: COST, spentPicoUsd: COST };

describe('what a budget says has been spent', () => {
  test('is the same before and after the row of a call has arrived', () => {
    const pool = aSpentPool();
    expect(pool.spent()).toBe(COST);
    arrived(pool, OWN_ROW);
    expect(pool.spent()).toBe(COST);
    expect(pool.ended).toBe(0n);
  });

  test('counts a row once that PostgreSQL told of before its arrival was known here', () => {
    const pool = aSpentPool();
    pool.grant(aBalance({ granted: 0n, spent: COST }), 2);
    arrived(pool, OWN_ROW);
    expect(pool.spent()).toBe(COST);
  });

  test('does not forget a row for an answer that was asked for before it arrived', () => {
    const pool = aSpentPool();
    arrived(pool, OWN_ROW);
    pool.grant(aBalance({ granted: 0n, spent: 0n }), 2);
    expect(pool.spent()).toBe(COST);
  });

  test('follows PostgreSQL when what was only supposed is taken back', () => {
    const pool = aSpentPool();
    arrived(pool, { picoUsd: COST, spentPicoUsd: 3n * COST });
    pool.grant(aBalance({ granted: 0n, spent: 2n * COST }), 4);
    expect(pool.spent()).toBe(2n * COST);
  });

  test.each(['key:a', 'user:a', 'team:a', 'end_user:a'])(
    'counts what is on its way of %s though rows arrive of calls that took nothing of it',
    (scope) => {
      const pool = aSpentPool(scope);
      pending += 40n;
      arrived(pool, { picoUsd: 40n, spentPicoUsd: 40n });
      expect([pool.spent(), pool.held()]).toEqual([COST + 40n, 1_000n]);
      arrived(pool, { picoUsd: COST, spentPicoUsd: COST + 40n });
      expect([pool.spent(), pool.held()]).toEqual([COST + 40n, 1_000n - COST]);
    },
  );

  test('counts what is on its way of others by their own rows alone', () => {
    const pool = aSpentPool('organization:a');
    pool.charge(OWN_ROW, true, 3);
    expect([pool.spent(), pool.ended]).toEqual([COST, 0n]);
  });

  test('counts rows that were adopted from others beside those on their way from here', () => {
    const pool = aSpentPool();
    pool.charge({ picoUsd: 40n, spentPicoUsd: 40n }, false, 3);
    expect(pool.spent()).toBe(COST + 40n);
  });
});
