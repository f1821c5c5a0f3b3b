import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../testing.js';
import { simpleShuffle } from './simple-shuffle.js';

const ROUNDS = 20_000;

/** How often each item came to each place. */
function places(weights: readonly number[] | null, count: number): number[][] {
  const random = seededRandom(11);
  const items = Array.from({ length: count }, (_, index) => index);
  const seen = items.map(() => items.map(() => 0));
  for (let round = 0; round < ROUNDS; round++) {
    simpleShuffle(items, weights, random).forEach((item, place) => {
      const row = seen[item] ?? [];
      row[place] = (row[place] ?? 0) + 1;
    });
  }
  return seen.map((row) => row.map((number) => number / ROUNDS));
}

describe('simple shuffle', () => {
  test('without weights every item comes to every place equally often', () => {
    for (const row of places(null, 4)) for (const share of row) expect(share).toBeCloseTo(0.25, 1);
  });

  test('the first place is shared by weight', () => {
    const [a, b, c] = places([6, 3, 1], 3).map(([first]) => first);
    expect(a).toBeCloseTo(0.6, 1);
    expect(b).toBeCloseTo(0.3, 1);
    expect(c).toBeCloseTo(0.1, 1);
  });

  test('the second place is shared by weight among those that are left', () => {
    const [, b] = places([6, 3, 1], 3);
    expect(b?.[1]).toBeCloseTo(0.6 * (3 / 4) + 0.1 * (3 / 9), 1);
  });

  test('a weight of 0 comes last, but comes', () => {
    expect(places([0, 1, 1], 3)[0]).toEqual([0, 0, 1]);
  });

  test('a single item is given back without any work', () => {
    const items = ['only'];
    expect(simpleShuffle(items, null, () => Number.NaN)).toBe(items);
  });

  test('the items themselves stay in their order', () => {
    const items = Object.freeze([1, 2, 3]);
    simpleShuffle(items, null, seededRandom(1));
    expect(items).toEqual([1, 2, 3]);
  });
});
