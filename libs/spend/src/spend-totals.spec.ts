import { describe, expect, test } from '@jest/globals';
import { SpendConnection } from './spend-connection.js';
import { SpendTotals } from './spend-totals.js';
import { type WriteResult } from './spend-writer.js';

/** Nothing here asks the database. */
const aBook = (): SpendTotals => new SpendTotals(new SpendConnection('postgres://127.0.0.1:9/none'));

const arrived = (settled: Record<string, bigint>): WriteResult => ({
  inserted: 1,
  settled: new Map(Object.entries(settled)),
  totals: new Map(),
  charged: new Map(),
});

describe('money in rows that are on their way', () => {
  test('is known for each key, user, team and end user', () => {
    const totals = aBook();
    totals.add('key:a', 5n);
    totals.add('team:t', 5n);
    totals.add('key:b', 2n);
    expect(['key:a', 'key:b', 'team:t', 'user:u'].map((scope) => totals.pendingPicoUsd(scope))).toEqual([
      5n,
      2n,
      5n,
      0n,
    ]);
  });

  test('is bounded by what everybody has spent for other scopes', () => {
    const totals = aBook();
    totals.add('key:a', 5n);
    totals.add('user:u', 5n);
    totals.add('key:b', 2n);
    expect(totals.pendingPicoUsd('organization:o')).toBe(7n);
    expect(totals.pendingPicoUsd('team_member:t:u')).toBe(7n);
  });

  test('is none when the rows have arrived, and whoever waits for that is told', () => {
    const totals = aBook();
    let told = 0;
    totals.onShipped(() => (told += 1));
    totals.add('key:a', 5n);
    totals.settle(arrived({ 'key:a': 5n }), true);
    expect([totals.pendingPicoUsd('key:a'), totals.pendingPicoUsd('global'), told]).toEqual([0n, 0n, 1]);
  });

  test('is not touched by rows of others', () => {
    const totals = aBook();
    totals.add('key:a', 5n);
    totals.settle(arrived({ 'key:a': 5n }), false);
    expect(totals.pendingPicoUsd('global')).toBe(5n);
  });

  test('never falls below nothing when rows are sent twice', () => {
    const totals = aBook();
    totals.add('key:a', 5n);
    totals.settle(arrived({ 'key:a': 5n }), true);
    totals.settle(arrived({ 'key:a': 5n }), true);
    totals.add('key:a', 1n);
    expect([totals.pendingPicoUsd('key:a'), totals.pendingPicoUsd('global')]).toEqual([1n, 1n]);
  });
});

test('who waits for the end of a dead process learns its name, and whether that is certain', () => {
  const totals = aBook();
  const heard: unknown[] = [];
  totals.onAdopted((...what) => heard.push(what));
  totals.adopted('boot.1.2.3', true);
  expect(heard).toEqual([['boot.1.2.3', true]]);
});
