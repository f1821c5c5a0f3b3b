import { describe, expect, test } from '@jest/globals';
import { type Balance, Pool } from './pool.js';

const COST = 100n;

function aBalance(changes: Partial<Balance> = {}): Balance {
  return { account: '7', granted: 1_000n, spent: 0n, free: 0n, others: 0n, live: 1, ...changes };
}

/** A budget of 1,000 from which one call has taken and spent 100, its row on the way. */
function aSpentPool(): Pool {
  const name = {
    scope: 'key:a',
    model: null,
    kind: 'money',
    startsAtMs: -Infinity,
    endsAtMs: Infinity,
  } as const;
  const pool = new Pool(name, 1_000n, () => COST);
  pool.grant(aBalance(), 0);
  pool.take(COST, 1);
  pool.settle(COST, COST, 2);
  return pool;
}

const OWN_ROW = { picoUsd: COST, spentPicoUsd: COST };

describe('what a budget says has been spent', () => {
  test('is the same before and after the row of a call has arrived', () => {
    const pool = aSpentPool();
    expect(pool.spent()).toBe(COST);
    pool.charge(OWN_ROW, true, 3);
    expect(pool.spent()).toBe(COST);
    expect(pool.ended).toBe(0n);
  });

  test('counts a row once that PostgreSQL told of before its arrival was known here', () => {
    const pool = aSpentPool();
    pool.grant(aBalance({ granted: 0n, spent: COST }), 3);
    pool.charge(OWN_ROW, true, 4);
    expect(pool.spent()).toBe(COST);
  });

  test('does not forget a row for an answer that was asked for before it arrived', () => {
    const pool = aSpentPool();
    pool.charge(OWN_ROW, true, 4);
    pool.grant(aBalance({ granted: 0n, spent: 0n }), 3);
    expect(pool.spent()).toBe(COST);
  });

  test('follows PostgreSQL when what was only supposed is taken back', () => {
    const pool = aSpentPool();
    pool.charge({ picoUsd: COST, spentPicoUsd: 3n * COST }, true, 3);
    pool.grant(aBalance({ granted: 0n, spent: 2n * COST }), 4);
    expect(pool.spent()).toBe(2n * COST);
  });

  test('counts rows that were adopted from others beside those on their way from here', () => {
    const pool = aSpentPool();
    pool.charge({ picoUsd: 40n, spentPicoUsd: 40n }, false, 3);
    expect(pool.spent()).toBe(COST + 40n);
  });
});
