import { describe, expect, test } from '@jest/globals';
import { LimitColumns } from './limit-columns.js';
import { rulesOf } from './rules-of.js';

const terms = (limits: Partial<LimitColumns>): LimitColumns =>
  Object.assign(new LimitColumns(), { budgetStartsAt: new Date('2026-03-10T15:04:05Z') }, limits);

describe('rulesOf', () => {
  test('makes none where nothing is limited', () => {
    expect(rulesOf(terms({ budgetDuration: '1d' }), 'user:ada', 'calendar')).toEqual([]);
  });

  test('makes one of all that holds for every call, exact to the last pico-dollar', () => {
    const limits = terms({
      maxBudgetUsd: '0.000000000001',
      softBudgetUsd: '0',
      budgetDuration: '30d',
      rpmLimit: 0,
    });
    expect(rulesOf(limits, 'user:ada', 'calendar')).toEqual([
      {
        scope: 'user:ada',
        model: null,
        maxBudgetPicoUsd: 1n,
        softBudgetPicoUsd: 0n,
        budgetDuration: '1mo',
        budgetStartsAtMs: Date.parse('2026-03-01T00:00:00Z'),
        requestsPerMinute: 0,
        tokensPerMinute: null,
        maxParallelRequests: null,
      },
    ]);
  });

  test('has the windows of a budget row begin when it was made', () => {
    const [rule] = rulesOf(terms({ maxBudgetUsd: '1', budgetDuration: '30d' }), 'organization:a', 'own');
    expect(rule).toMatchObject({
      budgetDuration: '30d',
      budgetStartsAtMs: Date.parse('2026-03-10T15:04:05Z'),
    });
  });

  test('makes one for each model that has limits of its own, whatever form they have', () => {
    const limits = terms({
      modelMaxBudget: {
        'gpt-4': { budget_limit: 1.5, time_period: '1d', rpm_limit: 3 },
        'tts-1': 2,
        whisper: { max_budget: '0.1', budget_duration: '7d' },
      },
      modelRpmLimit: { 'gpt-4': 2, 'bge-m3': 9 },
      modelTpmLimit: { 'tts-1': 100 },
    });
    const rules = rulesOf(limits, 'key:x', 'own');
    const brief = rules.map((rule) => [
      rule.model,
      rule.maxBudgetPicoUsd,
      rule.budgetDuration,
      rule.requestsPerMinute,
      rule.tokensPerMinute,
    ]);
    expect(brief).toEqual([
      ['gpt-4', 1_500_000_000_000n, '1d', 2, null],
      ['tts-1', 2_000_000_000_000n, null, null, 100],
      ['whisper', 100_000_000_000n, '7d', null, null],
      ['bge-m3', null, null, 9, null],
    ]);
  });
});
