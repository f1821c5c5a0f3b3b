import { expect, test } from '@jest/globals';
import { niceTicks, seriesOf } from './bar-chart.view.js';
import { safeNext } from './paths.js';
import { exactMoney, shownDuration, shownMoney, shownPercent } from './shown-values.js';

test.each([
  [null, '–'],
  [0, '0 ms'],
  [284.4, '284 ms'],
  [6_420, '6.42 s'],
  [12_780, '12.8 s'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h'],
])('%s ms is shown as %s', (ms, text) => {
  expect(shownDuration(ms)).toBe(text);
});

test.each([
  [0n, '$0.00'],
  [341_000_000n, '$0.000341'],
  [4_548_000_000_000n, '$4.55'],
  [1_234_567_000_000_000_000n, '$1,234,567.00'],
])('%s pico-dollars are shown as %s', (picoUsd, text) => {
  expect(shownMoney(picoUsd)).toBe(text);
});

test('a formula has nine decimals', () => {
  expect(exactMoney(118_400_000n)).toBe('$0.000118400');
});

test('a small share is not rounded to nothing', () => {
  expect([0, 0.0005, 0.053, 0.91].map(shownPercent)).toEqual(['0%', '0.05%', '5.3%', '91%']);
});

test.each([0, 1, 7, 15, 99, 1_000, 123_456])(
  'the axis for %s begins at 0 and reaches it in round steps',
  (max) => {
    const ticks = niceTicks(max);
    expect(ticks[0]).toBe(0);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(max);
    expect(ticks.length).toBeLessThanOrEqual(6);
  },
);

test('the axis of a count has whole numbers only', () => {
  for (const max of [1, 2, 3, 5, 9, 11]) {
    expect(niceTicks(max, true).every(Number.isInteger)).toBe(true);
    expect(niceTicks(max, true).at(-1)).toBeGreaterThanOrEqual(max);
  }
});

test('more than seven series leave the smallest to others, and nothing is lost', () => {
  const rows = Array.from({ length: 10 }, (_, index) => ({
    column: 'a',
    name: `m${index}`,
    value: index + 1,
  }));
  const { series, values } = seriesOf(rows, ['a']);
  expect(series).toHaveLength(7);
  expect(series.at(-1)).toBe('Others');
  expect((values.get('a') ?? []).reduce((sum, value) => sum + value, 0)).toBe(55);
});

test.each(['//evil', '/ui//evil', '/\\evil', 'javascript:alert(1)', 'https://evil', '/key/list', '/ui/\nx'])(
  'nobody is sent on to %s',
  (next) => {
    expect(safeNext(next)).toBe('/ui');
  },
);
