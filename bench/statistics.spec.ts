import { describe, expect, test } from '@jest/globals';
import { median, percentile, slope, sorted, spread } from './statistics.ts';

describe('statistics', () => {
  test('take the middle, or the mean of the two in the middle', () => {
    expect(median([5, 1, 9])).toBe(5);
    expect(median([4, 1, 9, 2])).toBe(3);
  });

  test('find the value below which a share lies, the largest for all', () => {
    const values = sorted(Array.from({ length: 100 }, (_, i) => 100 - i));
    expect(percentile(values, 0.5)).toBe(51);
    expect(percentile(values, 0.99)).toBe(100);
    expect(percentile(values, 1)).toBe(100);
  });

  test('sort numbers as numbers', () => {
    expect([...sorted([10, 9, 100])]).toEqual([9, 10, 100]);
  });

  test('measure spread against the median', () => {
    expect(spread([90, 100, 110])).toBeCloseTo(0.1);
  });

  test('fit a line through points', () => {
    expect(
      slope([
        [0, 7],
        [1, 9],
        [2, 11],
      ]),
    ).toBeCloseTo(2);
    expect(
      slope([
        [0, 5],
        [10, 5],
        [20, 5],
      ]),
    ).toBe(0);
  });
});
