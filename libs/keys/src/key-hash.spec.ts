import { describe, expect, test } from '@jest/globals';
import { generateKey, hashKey, hashOfIdentifier, isStrongKey, keyNameOf } from './key-hash.js';

describe('a key', () => {
  test('is stored as the SHA-256 of the whole credential, as LiteLLM does', () => {
    expect(hashKey('sk-1234')).toBe('88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b');
  });

  test('has 192 bits of randomness, safe in URLs and headers', () => {
    const keys = Array.from({ length: 2000 }, generateKey);
    expect(new Set(keys).size).toBe(2000);
    for (const key of keys) expect(key).toMatch(/^sk-[\w-]{32}$/);
    const bits = keys.map((key) => Buffer.from(key.slice(3), 'base64url'));
    for (let bit = 0; bit < 192; bit++) {
      const ones = bits.filter((bytes) => ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1).length;
      // 2,000 fair coins: 8 standard deviations.
      expect(Math.abs(ones - 1000)).toBeLessThan(179);
    }
  });

  test('every generated key is strong', () => {
    expect(Array.from({ length: 500 }, generateKey).every(isStrongKey)).toBe(true);
  });

  test('shows its last four characters', () => {
    expect(keyNameOf('sk-abcdefgh1234')).toBe('sk-...1234');
  });

  test('credentials that nearly agree have nothing in common', () => {
    const key = generateKey();
    const twins = [key, `${key} `, key.toUpperCase(), key.slice(0, -1), `${key}\u0301`, ` ${key}`];
    expect(new Set(twins.map(hashKey)).size).toBe(twins.length);
    expect(new Set(twins.map((twin) => hashKey(twin).slice(0, 16))).size).toBe(twins.length);
  });
});

describe('an identifier', () => {
  test('may be the key or its hash', () => {
    expect(hashOfIdentifier('sk-1234')).toBe(hashKey('sk-1234'));
    expect(hashOfIdentifier(hashKey('sk-1234'))).toBe(hashKey('sk-1234'));
  });

  test.each(['', 'abc', 'SK-1234', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}\n`])(
    'is not %j',
    (text) => {
      expect(hashOfIdentifier(text)).toBeNull();
    },
  );
});

describe('a custom key', () => {
  test.each(['sk-abcdefgh12345678abcd', 'sk-ABCDEFGHIJKLMNOPQRST'])('%s is strong enough', (key) => {
    expect(isStrongKey(key)).toBe(true);
  });

  test.each([
    'sk-1234',
    'sk-chosen-weak',
    'sk-aaaaaaaaaaaaaaaaaaaaaaaa',
    'sk-abcabcabcabcabcabcabcabc',
    'abcdefgh12345678abcdefgh',
    'sk-abcdefgh12345678 abcd',
    'sk-abcdefgh12345678abcdé',
    `sk-${'abcdefgh'.repeat(32)}`,
    '',
  ])('%j is not', (key) => {
    expect(isStrongKey(key)).toBe(false);
  });
});
