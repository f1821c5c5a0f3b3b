import { describe, expect, test } from '@jest/globals';
import { readSpendLogsQuery } from './dto/spend-logs.query.js';

describe('the parameters of /spend/logs', () => {
  test('nothing means everything', () => {
    expect(readSpendLogsQuery({})).toEqual({ summarize: true });
  });

  test('empty values are as good as none', () => {
    expect(readSpendLogsQuery({ api_key: '', user_id: '', start_date: '' })).toEqual({ summarize: true });
  });

  test('dates are UTC, and the last day counts in full', () => {
    const query = readSpendLogsQuery({ start_date: '2026-02-01', end_date: '2026-02-01' });
    expect(query.startDate?.toISOString()).toBe('2026-02-01T00:00:00.000Z');
    expect(query.endDate?.toISOString()).toBe('2026-02-02T00:00:00.000Z');
  });

  test.each([
    ['2026-02-01 18:30:00', '2026-02-01T18:30:00.000Z'],
    ['2026-02-01T18:30:00Z', '2026-02-01T18:30:00.000Z'],
    ['2026-02-01T18:30:00.250+02:00', '2026-02-01T16:30:00.250Z'],
  ])('%s is %s', (text, expected) => {
    expect(readSpendLogsQuery({ end_date: text }).endDate?.toISOString()).toBe(expected);
  });

  test.each(['true', 'True', undefined])('summarize=%s asks for sums', (summarize) => {
    expect(readSpendLogsQuery(summarize === undefined ? {} : { summarize }).summarize).toBe(true);
  });

  test('summarize=false asks for rows', () => {
    expect(readSpendLogsQuery({ summarize: 'false' }).summarize).toBe(false);
  });

  test.each([
    ['start_date', 'yesterday'],
    ['start_date', '2026-02-30'],
    ['start_date', '2026-2-1'],
    ['end_date', '99999-01-01'],
    ['end_date', "2026-01-01'; DROP TABLE spend_logs"],
    ['summarize', 'maybe'],
    ['api_key', ['a', 'b']],
    ['user_id', { $ne: 'x' }],
    ['request_id', 'x'.repeat(300)],
    ['request_id', 'a\0b'],
    ['sort', 'x'],
  ])('%s=%p is refused by name', (name, value) => {
    expect(() => readSpendLogsQuery({ [name]: value })).toThrow(
      expect.objectContaining({ status: 400, param: name }),
    );
  });

  test('an end before the start is refused', () => {
    expect(() => readSpendLogsQuery({ start_date: '2026-02-02', end_date: '2026-02-01' })).toThrow(
      expect.objectContaining({ param: 'end_date' }),
    );
  });

  test('more than a thousand days are refused', () => {
    expect(() => readSpendLogsQuery({ start_date: '0001-01-01', end_date: '9999-01-01' })).toThrow(
      expect.objectContaining({ param: 'end_date' }),
    );
  });
});
