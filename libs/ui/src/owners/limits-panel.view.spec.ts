import { describe, expect, test } from '@jest/globals';
import { type LimitedRow, limitsPanel, modelLimitFacts, rowMeter } from './limits-panel.view.js';

const ROW: LimitedRow = {
  max_budget: 5,
  soft_budget: 4,
  budget_duration: '30d',
  budget_reset_at: '2026-12-01T00:00:00.000Z',
  rpm_limit: 60,
  tpm_limit: null,
  max_parallel_requests: 0,
  model_max_budget: {},
  spend: 4.55,
};

describe('what is left', () => {
  test('is told of the budget with its period and its end', () => {
    expect(limitsPanel(ROW, [])).toMatchObject({
      budget: {
        left: '$0.45 left',
        spent: '$4.55',
        of: 'of $5.00 a month',
        bar: { value: 0.91, tone: 'warn' },
        resets: { text: '1 Dec 2026' },
        soft: { text: 'Past $4.00', isPassed: true },
      },
    });
  });

  test('of a rate is what this process knows, and all of it before any call', () => {
    const left = [
      { kind: 'requests' as const, model: null, left: 53n },
      { kind: 'requests' as const, model: 'gpt-4', left: 1n },
    ];
    const rates = (of: typeof left) => (limitsPanel(ROW, of) as { rates: object[] }).rates;
    expect(rates(left)[0]).toMatchObject({ left: '53 left', text: '7 of 60' });
    expect(rates([])[0]).toMatchObject({ left: '60 left', text: '0 of 60' });
    expect(rates([])[1]).toMatchObject({ left: '', text: 'no limit', bar: false });
    expect(rates([])[2]).toMatchObject({ bar: { value: 1, tone: 'bad' } });
  });

  test('of no limit is nothing, and a used up budget is red', () => {
    expect(rowMeter({ ...ROW, max_budget: null })).toMatchObject({ of: 'no limit', left: '', bar: false });
    expect(rowMeter({ ...ROW, spend: 9 })).toMatchObject({
      left: '$0.00 left',
      bar: { value: 1, tone: 'bad' },
    });
  });
});

test('limits of single models are told in words', () => {
  const row = {
    ...ROW,
    model_max_budget: { 'gpt-4': { budget_limit: 2, time_period: '1d' }, free: 1 },
    metadata: { model_rpm_limit: { 'gpt-4': 10 } },
  };
  expect(modelLimitFacts(row)).toBe('gpt-4: $2.00 a day, free: $1.00, gpt-4: 10 requests a minute');
});
