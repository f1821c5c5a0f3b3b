import { describe, expect, test } from '@jest/globals';
import { RetryBudget, RetryBudgets } from './retry-budget.js';
import { retryDelayMs } from './retry-delay.js';

describe('the wait before another try', () => {
  test('is a random part of a time that doubles up to eight seconds', () => {
    const longest = [0, 1, 2, 3, 4, 5, 50].map((retry) => retryDelayMs(retry, null, () => 1));
    expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(retryDelayMs(5, null, () => 0)).toBe(0);
  });

  test('is what the upstream asked for, unless nobody would wait so long', () => {
    expect(retryDelayMs(0, 1_500, () => 0)).toBe(1_500);
    expect(retryDelayMs(0, 60_001, () => 0)).toBeNull();
  });
});

describe('the budget of retries', () => {
  let now = 0;
  const emptied = (): RetryBudget => {
    const budget = new RetryBudget(() => now);
    while (budget.take()) continue;
    return budget;
  };

  test('lets thirty through at once and then no more', () => {
    const budget = new RetryBudget(() => now);
    expect(Array.from({ length: 40 }, () => budget.take()).filter(Boolean)).toHaveLength(30);
  });

  test('grows by one for five calls', () => {
    const budget = emptied();
    for (let i = 0; i < 4; i += 1) budget.called();
    expect(budget.take()).toBe(false);
    budget.called();
    expect(budget.take()).toBe(true);
  });

  test('grows by three a second', () => {
    const budget = emptied();
    now += 1_000;
    expect([budget.take(), budget.take(), budget.take(), budget.take()]).toEqual([true, true, true, false]);
  });

  test('belongs to one model group', () => {
    const budgets = new RetryBudgets();
    while (budgets.of('a').take()) continue;
    expect([budgets.of('a').take(), budgets.of('b').take()]).toEqual([false, true]);
  });
});
