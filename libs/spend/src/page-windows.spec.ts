import { describe, expect, test } from '@jest/globals';
import { pageWindows, type TimeWindow } from './page-windows.js';

const at = (day: string) => new Date(`${day}T00:00:00Z`);
const NOW = at('2026-06-30').getTime();
const days = (windows: readonly TimeWindow[]) =>
  windows.map(({ startDate, endDate }) =>
    [startDate, endDate].map((date) => date?.toISOString().slice(0, 10)),
  );

describe('the windows of a page', () => {
  test('grow into the past until they are what the filter allows', () => {
    const filter = { startDate: at('2026-04-01'), endDate: at('2026-07-01') };
    expect(days(pageWindows(filter, false, null, NOW))).toEqual([
      ['2026-06-28', '2026-07-01'],
      ['2026-06-14', '2026-07-01'],
      ['2026-04-01', '2026-07-01'],
    ]);
  });

  test('without dates end with everything, rows of clocks that are ahead included', () => {
    expect(days(pageWindows({}, false, null, NOW))).toEqual([
      ['2026-06-28', undefined],
      ['2026-06-14', undefined],
      [undefined, undefined],
    ]);
  });

  test('begin where the last page ended', () => {
    const [first] = pageWindows({}, false, at('2026-05-10').getTime(), NOW);
    expect(first).toEqual({
      startDate: new Date('2026-05-08T00:00:00.001Z'),
      endDate: new Date('2026-05-10T00:00:00.001Z'),
    });
  });

  test('grow into the future for the oldest first', () => {
    const filter = { startDate: at('2026-04-01'), endDate: at('2026-04-10') };
    expect(days(pageWindows(filter, true, null, NOW))).toEqual([
      ['2026-04-01', '2026-04-03'],
      ['2026-04-01', '2026-04-10'],
    ]);
    expect(days(pageWindows(filter, true, at('2026-04-09').getTime(), NOW))).toEqual([
      ['2026-04-09', '2026-04-10'],
    ]);
  });

  test('are one where the period is short, and where the oldest first has no beginning', () => {
    expect(
      pageWindows({ startDate: at('2026-06-30'), endDate: at('2026-07-01') }, false, null, NOW),
    ).toHaveLength(1);
    expect(days(pageWindows({}, true, null, NOW)).at(-1)).toEqual([undefined, undefined]);
  });
});
