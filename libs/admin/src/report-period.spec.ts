import { describe, expect, test } from '@jest/globals';
import { readActivityQuery } from './dto/activity.query.js';
import { readAmount, readWhole } from './dto/query-numbers.js';
import { daysOf, eachDay, needPeriod, readDays } from './dto/report-period.js';

describe('the period of a report', () => {
  test('ends with its last day', () => {
    expect(daysOf(needPeriod('2026-01-31', '2026-02-01'))).toEqual({
      startDay: '2026-01-31',
      endDay: '2026-02-01',
    });
  });

  test('that ends at midnight leaves the next day out', () => {
    expect(daysOf(needPeriod('2026-01-31 12:00:00', '2026-02-02 00:00:00')).endDay).toBe('2026-02-01');
  });

  test('is the last 30 days where none is named', () => {
    expect(eachDay(readDays(undefined, ''))).toHaveLength(30);
    expect(readDays(null, null).endDay).toBe(new Date().toISOString().slice(0, 10));
  });

  test.each([
    ['start_date', undefined, '2026-01-01'],
    ['end_date', '2026-01-01', ''],
    ['start_date', 'x', '2026-01-01'],
    ['end_date', '2026-01-01', '2026-02-30'],
    ['end_date', '2026-01-02', '2026-01-01'],
    ['end_date', '2020-01-01', '2026-01-01'],
  ])('%s is at fault in %j … %j', (param, start, end) => {
    expect(() => needPeriod(start, end)).toThrow(expect.objectContaining({ status: 400, param }));
  });

  test('one end alone is no period', () => {
    expect(() => readDays('2026-01-01', undefined)).toThrow(expect.objectContaining({ param: 'end_date' }));
  });
});

describe('numbers in a query', () => {
  const range = { min: 1, max: 100, fallback: 7 };

  test('are whole and within their range, or what is usual', () => {
    expect([readWhole('page', '100', range), readWhole('page', '', range)]).toEqual([100, 7]);
  });

  test.each(['0', '101', '1.5', '-1', '1e1', 'x', ' 1'])('%j is refused by name', (text) => {
    expect(() => readWhole('page', text, range)).toThrow(expect.objectContaining({ param: 'page' }));
  });

  test.each(['-1', 'NaN', 'Infinity', '1e300', ''])('%j is no amount', (text) => {
    expect(() => readAmount('min_spend', text)).toThrow(expect.objectContaining({ param: 'min_spend' }));
  });

  test('amounts are exact', () => {
    expect(readAmount('min_spend', '0.000000000001')).toBe(1n);
  });
});

test.each(['x', '1e3', '99999'])('%j is no time zone', (timezone) => {
  const period = { start_date: '2026-01-01', end_date: '2026-01-02' };
  expect(readActivityQuery({ ...period, timezone: '-120' }).endDay).toBe('2026-01-02');
  expect(() => readActivityQuery({ ...period, timezone })).toThrow(
    expect.objectContaining({ param: 'timezone' }),
  );
});
