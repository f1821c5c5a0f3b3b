import { describe, expect, test } from '@jest/globals';
import { PermissionError } from '@app/call';
import { aCall, aCaller } from '@testing/call';
import { aCacheSettings } from '@testing/config';
import { cacheWishesOf } from './cache-wishes.js';

describe('a key that may send some cache controls', () => {
  const caller = aCaller({ allowedCacheControls: ['no-cache', 'ttl'] });
  const wishes = (cache: object, cacheControl?: string) =>
    cacheWishesOf(
      aCall({ body: { model: 'gpt-4', cache: { ...cache } }, caller, ...(cacheControl && { cacheControl }) }),
      aCacheSettings(),
    );

  test('is heard with them, and with none', () => {
    expect(wishes({ ttl: 5, 'no-cache': true })).toMatchObject({ ttlMs: 5_000, reads: false });
    expect(wishes({})).toMatchObject({ ttlMs: 60_000, reads: true });
  });

  test('is refused with any other, in the body or in Cache-Control', () => {
    expect(() => wishes({ namespace: 'x' })).toThrow(PermissionError);
    expect(() => wishes({}, 's-maxage=60')).toThrow('s-maxage');
  });
});
