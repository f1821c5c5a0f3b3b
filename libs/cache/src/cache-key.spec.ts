import { describe, expect, test } from '@jest/globals';
import { type CacheSettings } from '@app/config';
import { aCall, aCaller, aDeployment } from '@testing/call';
import { aCacheSettings } from '@testing/config';
import { cacheKeyOf } from './cache-key.js';
import { cacheWishesOf } from './cache-wishes.js';

const SETTINGS = aCacheSettings();
const BODY = { model: 'gpt-4', messages: [{ role: 'user', content: 'Hello!' }] };
const shape = { plan: [aDeployment()], variant: '', namespace: '' };
const keyOf = (body: object = BODY, changes: object = {}, settings: Partial<CacheSettings> = {}): string =>
  cacheKeyOf(
    aCall({ body: { ...body }, ownFields: new Set(['cache', 'tags']), ...changes }),
    aCacheSettings(settings),
    shape,
  );

describe('the key of an answer', () => {
  test('is the same for the same members in another order, and for other fields of the gateway', () => {
    const { model, messages } = BODY;
    expect(keyOf({ messages, model, tags: ['a'], cache: { ttl: 1 } })).toBe(keyOf());
  });

  test.each<[string, string]>([
    ['a caller', keyOf(BODY, { caller: aCaller({ keyHash: 'cd'.repeat(32) }) })],
    ['a door', keyOf(BODY, { upstreamPath: '/messages' })],
    ['a type', keyOf(BODY, { type: 'aresponses' })],
    ['a model', keyOf(BODY, { model: 'gpt-5' })],
    ['streaming', keyOf(BODY, { stream: true })],
    ['a member', keyOf({ ...BODY, top_p: 1 })],
    [
      'a place to send it',
      cacheKeyOf(aCall({ body: BODY }), SETTINGS, {
        ...shape,
        plan: [aDeployment({ origin: 'http://other' })],
      }),
    ],
    [
      'a default',
      cacheKeyOf(aCall({ body: BODY }), SETTINGS, {
        ...shape,
        plan: [aDeployment({ defaults: { top_k: 1 } })],
      }),
    ],
    ['a variant', cacheKeyOf(aCall({ body: BODY }), SETTINGS, { ...shape, variant: 'beta' })],
    ['a namespace', cacheKeyOf(aCall({ body: BODY }), SETTINGS, { ...shape, namespace: 'a' })],
    ['a namespace of the gateway', keyOf(BODY, {}, { namespace: 'a' })],
  ])('is another for %s that differs', (_, key) => {
    expect(key).not.toBe(keyOf());
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is shared as the configuration says', () => {
    const one = { caller: aCaller({ keyHash: 'aa', teamId: 't1' }) };
    const mate = { caller: aCaller({ keyHash: 'bb', teamId: 't1' }) };
    const stranger = { caller: aCaller({ keyHash: 'cc' }) };
    expect(keyOf(BODY, one, { sharedBy: 'team' })).toBe(keyOf(BODY, mate, { sharedBy: 'team' }));
    expect(keyOf(BODY, one, { sharedBy: 'team' })).not.toBe(keyOf(BODY, stranger, { sharedBy: 'team' }));
    expect(keyOf(BODY, one, { sharedBy: 'everyone' })).toBe(keyOf(BODY, stranger, { sharedBy: 'everyone' }));
    expect(keyOf(BODY, one)).not.toBe(keyOf(BODY, mate));
  });
});

describe('the controls', () => {
  const wishes = (cache: object | undefined, settings: Partial<CacheSettings> = {}) =>
    cacheWishesOf(
      aCall({ body: { ...BODY, ...(cache && { cache: { ...cache } }) } }),
      aCacheSettings(settings),
    );

  test('only those who ask take part where the mode says so', () => {
    expect(wishes(undefined, { isOptIn: true })).toBeNull();
    expect(wishes({ 'use-cache': true }, { isOptIn: true })).toMatchObject({ reads: true, writes: true });
    expect(wishes({ 'use-cache': false })).toBeNull();
    expect(wishes({ 'no-cache': true, 'no-store': true })).toBeNull();
  });

  test('the header of that name counts where the body says nothing', () => {
    const call = aCall({ body: BODY, cacheControl: 'public, s-maxage="30"' });
    expect(cacheWishesOf(call, SETTINGS)?.ttlMs).toBe(30_000);
    expect(wishes({ ttl: 5 })?.ttlMs).toBe(5_000);
    expect(wishes(undefined)?.ttlMs).toBe(60_000);
  });
});
