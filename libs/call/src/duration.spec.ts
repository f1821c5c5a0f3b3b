import { describe, expect, test } from '@jest/globals';
import { addDuration, durationFrom } from './duration.js';

const after = (from: string, text: string): string | undefined => {
  const duration = durationFrom(text);
  return duration ? addDuration(new Date(from), duration)?.toISOString() : undefined;
};

describe('durations', () => {
  test.each([
    ['30s', '2026-01-01T00:00:30.000Z'],
    ['15m', '2026-01-01T00:15:00.000Z'],
    ['12h', '2026-01-01T12:00:00.000Z'],
    ['30d', '2026-01-31T00:00:00.000Z'],
    ['2w', '2026-01-15T00:00:00.000Z'],
    ['1mo', '2026-02-01T00:00:00.000Z'],
    ['0s', '2026-01-01T00:00:00.000Z'],
  ])('%s after New Year 2026 is %s', (text, moment) => {
    expect(after('2026-01-01T00:00:00Z', text)).toBe(moment);
  });

  test('a month after the 31st ends on the last day of a shorter month', () => {
    expect(after('2026-01-31T10:00:00Z', '1mo')).toBe('2026-02-28T10:00:00.000Z');
    expect(after('2028-01-31T10:00:00Z', '1mo')).toBe('2028-02-29T10:00:00.000Z');
    expect(after('2026-10-31T10:00:00Z', '13mo')).toBe('2027-11-30T10:00:00.000Z');
  });

  test.each(['', '5', 'd', '1y', '-1d', '1.5h', '1d2h', '1 d', '1e3s', 'Infinityd', '1D', '\u0661s'])(
    '%j is no duration',
    (text) => {
      expect(durationFrom(text)).toBeNull();
    },
  );

  test('a duration beyond the calendar has no end', () => {
    expect(after('2026-01-01T00:00:00Z', '999999999999d')).toBeUndefined();
    expect(after('2026-01-01T00:00:00Z', '999999999999mo')).toBeUndefined();
  });

  test('any months from any day keep the day, or take the last of the month', () => {
    for (let day = 0; day < 3000; day += 7) {
      const from = new Date(Date.UTC(2024, 0, 1 + day, 5, 6, 7));
      for (let count = 0; count <= 30; count++) {
        const later = addDuration(from, { count, unit: 'mo' });
        const months = later
          ? (later.getUTCFullYear() - from.getUTCFullYear()) * 12 + later.getUTCMonth() - from.getUTCMonth()
          : -1;
        expect(months).toBe(count);
        const nextDay = new Date((later?.getTime() ?? 0) + 86_400_000);
        expect(later?.getUTCDate() === from.getUTCDate() || nextDay.getUTCDate() === 1).toBe(true);
      }
    }
  });
});
