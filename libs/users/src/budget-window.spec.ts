import { describe, expect, test } from '@jest/globals';
import { alignedWindows, windowAt } from './budget-window.js';

const at = (text: string): number => Date.parse(text);
const shown = ({ startsAtMs, endsAtMs }: { startsAtMs: number; endsAtMs: number }): string[] =>
  [startsAtMs, endsAtMs].map((time) => new Date(time).toISOString());

/** The running window of a budget on the calendar. */
const calendar = (duration: string, from: string, now: string): string[] =>
  shown(windowAt(alignedWindows(duration, at(from)), at(now)));

describe('a budget on the calendar', () => {
  test.each([
    ['1d', '2026-03-10T15:04:05Z', '2026-03-11T00:00:00.000Z'],
    ['7d', '2026-03-10T15:04:05Z', '2026-03-16T00:00:00.000Z'],
    ['1w', '2026-03-15T23:59:59Z', '2026-03-16T00:00:00.000Z'],
    ['30d', '2026-01-31T15:04:05Z', '2026-02-01T00:00:00.000Z'],
    ['1mo', '2024-02-29T12:00:00Z', '2024-03-01T00:00:00.000Z'],
    ['1mo', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00.000Z'],
    ['3d', '2026-03-10T15:04:05Z', '2026-03-13T00:00:00.000Z'],
    ['2h', '2026-03-10T15:04:05Z', '2026-03-10T16:00:00.000Z'],
    ['15m', '2026-03-10T15:04:05Z', '2026-03-10T15:15:00.000Z'],
    ['30s', '2026-03-10T15:04:05Z', '2026-03-10T15:04:30.000Z'],
  ])('of %s that was made at %s is new at %s', (duration, from, end) => {
    expect(calendar(duration, from, from)[1]).toBe(end);
  });

  test('knows nothing of daylight saving: a day has 24 hours in UTC', () => {
    const window = calendar('1d', '2026-01-01T10:00:00Z', '2026-03-29T12:00:00Z');
    expect(window).toEqual(['2026-03-29T00:00:00.000Z', '2026-03-30T00:00:00.000Z']);
  });

  test('of a month begins on the first, years later too', () => {
    const window = calendar('1mo', '2026-01-31T10:00:00Z', '2032-02-29T12:00:00Z');
    expect(window).toEqual(['2032-02-01T00:00:00.000Z', '2032-03-01T00:00:00.000Z']);
  });
});

describe('a budget of its own', () => {
  test('counts from the moment it was made, at the end of shorter months too', () => {
    const made = { duration: '1mo', startsAtMs: at('2026-01-31T10:00:00Z') };
    expect(shown(windowAt(made, at('2026-02-15T00:00:00Z')))).toEqual([
      '2026-01-31T10:00:00.000Z',
      '2026-02-28T10:00:00.000Z',
    ]);
    expect(shown(windowAt(made, at('2026-02-28T10:00:00Z')))).toEqual([
      '2026-02-28T10:00:00.000Z',
      '2026-03-31T10:00:00.000Z',
    ]);
  });

  test('has windows without gap or overlap, whatever its length', () => {
    for (const duration of ['7s', '13m', '5h', '1d', '30d', '2w', '1mo', '5mo', '12mo']) {
      const windows = { duration, startsAtMs: at('2024-01-31T23:59:59Z') };
      let { endsAtMs } = windowAt(windows, windows.startsAtMs);
      for (let i = 0; i < 60; i += 1) {
        const next = windowAt(windows, endsAtMs);
        expect([duration, i, next.startsAtMs]).toEqual([duration, i, endsAtMs]);
        expect(windowAt(windows, next.endsAtMs - 1)).toEqual(next);
        expect(next.endsAtMs).toBeGreaterThan(next.startsAtMs);
        endsAtMs = next.endsAtMs;
      }
    }
  });

  test.each(['999999999999d', '40000000d', '999999999999mo', '9000y', '120000mo'])(
    'does not end where the calendar does: %s',
    (duration) => {
      const windows = { duration, startsAtMs: at('2026-01-01T00:00:00Z') };
      const { startsAtMs } = windows;
      const endsAtMs = Number.POSITIVE_INFINITY;
      expect(windowAt(windows, at('2026-12-01T00:00:00Z'))).toEqual({ startsAtMs, endsAtMs });
      const before = windowAt(windows, at('2025-12-01T00:00:00Z'));
      expect(new Date(before.startsAtMs).getTime()).toBeLessThanOrEqual(startsAtMs);
    },
  );

  test('whose length cannot be read never ends', () => {
    for (const duration of ['soon', '0d']) {
      expect(windowAt({ duration, startsAtMs: 5 }, 10)).toEqual({
        startsAtMs: 5,
        endsAtMs: Number.POSITIVE_INFINITY,
      });
    }
  });
});
