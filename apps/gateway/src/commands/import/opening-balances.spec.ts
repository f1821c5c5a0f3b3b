import { describe, expect, test } from '@jest/globals';
import { type ImportedKind } from '@app/spend';
import { type Spent } from './mapped.js';
import { openingBalances } from './opening-balances.js';

const NOW = new Date('2026-03-15T12:00:00Z');
const OWNERS = new Map([['k', { userId: 'u', teamId: 't' }]]);

function spent(kind: ImportedKind, name: string, picoUsd: bigint, since: string | null = null): Spent {
  return { kind, name, picoUsd, window: { since: since === null ? null : new Date(since), isOver: false } };
}

const balances = (all: readonly Spent[], carried: Record<string, bigint> = {}) =>
  openingBalances(all, new Map(Object.entries(carried)), OWNERS, NOW);
const told = (all: readonly Spent[], carried: Record<string, bigint> = {}) =>
  balances(all, carried).calls.map(({ keyHash, userId, teamId, endUser, costPicoUsd }) =>
    [keyHash, userId, teamId, endUser, costPicoUsd].join(' ').replace(/ +/g, ' ').trim(),
  );

const USD = 10n ** 12n;

describe('opening balances', () => {
  test('are none where the rows sum to what LiteLLM counts, but for what floats lose', () => {
    expect(balances([spent('key', 'k', 5n * USD)], { 'key:k': 5n * USD - 900n })).toEqual({
      calls: [],
      items: [],
    });
  });

  test('count once for a key, its user and its team as far as all three lack it', () => {
    const all = [spent('key', 'k', 5n), spent('user', 'u', 8n), spent('team', 't', 3n)].map((one) => ({
      ...one,
      picoUsd: one.picoUsd * USD,
    }));
    expect(told(all)).toEqual([`k u t ${3n * USD}`, `k u ${2n * USD}`, `u ${3n * USD}`]);
  });

  test('leave those out that lack nothing', () => {
    const all = [spent('key', 'k', 5n * USD), spent('user', 'u', 5n * USD), spent('team', 't', 5n * USD)];
    expect(told(all, { 'user:u': 5n * USD })).toEqual([`k t ${5n * USD}`]);
    expect(told([spent('end_user', 'c', USD)])).toEqual([`c ${USD}`]);
  });

  test('lie within the window that they count in', () => {
    const all = [spent('key', 'k', USD, '2026-03-01T00:00:00Z'), spent('user', 'u', USD)];
    expect(balances(all).calls.map(({ startedAtMs }) => new Date(startedAtMs).toISOString())).toEqual([
      '2026-03-01T00:00:00.000Z',
    ]);
  });

  test('are several rows where one cannot hold the amount', () => {
    expect(told([spent('key', 'k', 2_500_000n * USD)])).toHaveLength(3);
  });

  test('are none for a window that is over; rows that sum to more than LiteLLM counts are told', () => {
    const over: Spent = { ...spent('key', 'k', USD), window: { since: NOW, isOver: true } };
    expect(told([over])).toEqual([]);
    expect(balances([spent('user', 'u', USD)], { 'user:u': 3n * USD }).items).toMatchObject([
      { item: 'user u', verdict: 'approximate', why: expect.stringContaining('2 USD more') },
    ]);
  });
});
