import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { hashKey } from './key-hash.js';
import { KeyPrefixes } from './key-prefixes.js';

const hashes = (count: number, name = 'key'): string[] =>
  Array.from({ length: count }, (_, index) => hashKey(`${name}${index}`));
const packed = (all: readonly string[]): Buffer =>
  Buffer.concat(all.map((hash) => Buffer.from(hash.slice(0, 16), 'hex')));

describe('the prefixes of all keys', () => {
  test('know every key they were loaded with and no other', () => {
    const known = hashes(20_000);
    const prefixes = KeyPrefixes.from(packed(known));
    expect(prefixes.size).toBe(20_000);
    expect(known.every((hash) => prefixes.has(hash))).toBe(true);
    expect(hashes(20_000, 'other').some((hash) => prefixes.has(hash))).toBe(false);
  });

  test('of no key know none', () => {
    expect(KeyPrefixes.from(Buffer.alloc(0)).has(hashKey('a'))).toBe(false);
  });

  test('hold a key once, however often it is added', () => {
    const prefixes = new KeyPrefixes();
    for (let times = 0; times < 3; times++) prefixes.add(hashKey('a'));
    expect(prefixes.size).toBe(1);
    prefixes.delete(hashKey('a'));
    expect(prefixes.has(hashKey('a'))).toBe(false);
  });

  test('do what a set does, whatever is added and removed, where many share a slot', () => {
    const pool = Array.from({ length: 300 }, (_, index) => {
      const bytes = randomBytes(32);
      // Few low words: long runs of probes that wrap around the end.
      bytes.writeUInt32BE(4090 + (index % 7), 4);
      return bytes.toString('hex');
    });
    const prefixes = new KeyPrefixes();
    const model = new Set<string>();
    for (let step = 0; step < 20_000; step++) {
      const hash = pool[(step * 7919 + (step >> 3)) % pool.length] ?? '';
      if (step % 5 < 3) {
        prefixes.add(hash);
        model.add(hash);
      } else {
        prefixes.delete(hash);
        model.delete(hash);
      }
      if (step % 97 === 0)
        expect(pool.filter((one) => prefixes.has(one))).toEqual(pool.filter((one) => model.has(one)));
    }
    expect(prefixes.size).toBe(model.size);
  });

  test('grow as keys are added', () => {
    const prefixes = new KeyPrefixes();
    const known = hashes(10_000);
    for (const hash of known) prefixes.add(hash);
    expect(known.every((hash) => prefixes.has(hash))).toBe(true);
    expect(prefixes.size).toBe(10_000);
  });
});
