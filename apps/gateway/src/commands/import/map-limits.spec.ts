import { describe, expect, test } from '@jest/globals';
import { limitsFrom } from './map-limits.js';

const NOW = new Date('2026-03-15T12:00:00Z');

describe('limits of LiteLLM', () => {
  test('of a row with nothing in it bind nothing and count the whole history', () => {
    const { columns, window, notes } = limitsFrom({}, 'calendar', NOW);
    expect(columns).toEqual({
      max_budget_usd: null,
      soft_budget_usd: null,
      budget_duration: null,
      budget_starts_at: '1970-01-01T00:00:00.000Z',
      rpm_limit: null,
      tpm_limit: null,
      max_parallel_requests: null,
      model_max_budget: {},
      model_rpm_limit: {},
      model_tpm_limit: {},
    });
    expect(window).toEqual({ since: null, isOver: false });
    expect(notes).toEqual([]);
  });

  test('keep a window that lies on the calendar, and its spend counts since it began', () => {
    const row = { budget_duration: '30d', budget_reset_at: '2026-04-01T00:00:00' };
    const { columns, window, notes } = limitsFrom(row, 'calendar', NOW);
    expect(columns['budget_starts_at']).toBe('2026-03-01T00:00:00.000Z');
    expect(window).toEqual({ since: new Date('2026-03-01T00:00:00Z'), isOver: false });
    expect(notes).toEqual([]);
  });

  test('tell when a window that lies elsewhere begins anew here', () => {
    const row = { budget_duration: '30d', budget_reset_at: '2026-04-09T07:30:00.5' };
    expect(limitsFrom(row, 'calendar', NOW).notes).toEqual([
      {
        verdict: 'approximate',
        why: 'its budget begins anew at 2026-04-01T00:00:00.000Z, not at 2026-04-09T07:30:00.500Z',
      },
    ]);
  });

  test('of a budget keep their own window', () => {
    const row = { budget_duration: '1d', budget_reset_at: '2026-03-16T07:30:00' };
    const { columns, window, notes } = limitsFrom(row, 'own', NOW);
    expect(columns['budget_starts_at']).toBe('2026-03-15T07:30:00.000Z');
    expect(window.since).toEqual(new Date('2026-03-15T07:30:00Z'));
    expect(notes).toEqual([]);
  });

  test('know a window that is over, though LiteLLM has not set its spend back yet', () => {
    const row = { budget_duration: '1d', budget_reset_at: '2026-03-15T00:00:00' };
    expect(limitsFrom(row, 'calendar', NOW).window).toEqual({
      since: new Date('2026-03-15T00:00:00Z'),
      isOver: true,
    });
  });

  test('leave out what no limit can be', () => {
    const row = {
      max_budget: -1,
      soft_budget: 'Infinity',
      rpm_limit: -5,
      max_parallel_requests: 4e9,
      model_max_budget: {
        a: { budget_limit: 1, time_period: '1d', else: 2, rpm_limit: null },
        b: 'much',
        c: 3,
      },
      metadata: { model_rpm_limit: { a: 5, b: 1.5 }, model_tpm_limit: '{"a": 7}' },
    };
    expect(limitsFrom(row, 'calendar', NOW).columns).toMatchObject({
      max_budget_usd: null,
      soft_budget_usd: null,
      rpm_limit: null,
      max_parallel_requests: 2_147_483_647,
      model_max_budget: { a: { budget_limit: 1, time_period: '1d' }, c: 3 },
      model_rpm_limit: { a: 5 },
      model_tpm_limit: { a: 7 },
    });
  });
});
