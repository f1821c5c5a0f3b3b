import { describe, expect, test } from '@jest/globals';
import { hashKey } from './key-hash.js';
import { KeyPrefixes } from './key-prefixes.js';
import { SnapshotMemory } from './snapshot-memory.js';
import { aKey, aSnapshot } from './testing.js';

const HASH = hashKey('sk-one');
const at = (version: number, blocked = false) =>
  aSnapshot(aKey({ hash: HASH, version: String(version), blocked }));

describe('what a process knows of a key', () => {
  test('is the snapshot that was filed', () => {
    const memory = new SnapshotMemory();
    memory.present(at(1), 0);
    expect(memory.recall(HASH)?.snapshot.version).toBe(1);
  });

  test('is not replaced by an answer that was read before a change', () => {
    const memory = new SnapshotMemory();
    memory.present(at(7, true), 0);
    memory.present(at(6), 0);
    expect(memory.recall(HASH)?.snapshot).toMatchObject({ version: 7, blockedBy: 'key' });
  });

  test('a deleted key does not come back with an answer that was read before', () => {
    const memory = new SnapshotMemory();
    memory.present(at(1), 0);
    memory.absent(HASH, 2, 0);
    memory.present(at(1), 5);
    expect(memory.recall(HASH)).toBeUndefined();
    expect(memory.isAbsent(HASH, 5)).toBe(true);
  });

  test('a key made anew after it was deleted is there at once', () => {
    const memory = new SnapshotMemory();
    memory.absent(HASH, 2, 0);
    memory.present(at(3), 0);
    expect(memory.recall(HASH)?.snapshot.version).toBe(3);
    expect(memory.isAbsent(HASH, 0)).toBe(false);
  });

  test('a key made while a query for it was under way survives that it found nothing', () => {
    const memory = new SnapshotMemory();
    memory.present(at(5), 0);
    memory.absent(HASH, 4, 0);
    expect(memory.recall(HASH)?.snapshot.version).toBe(5);
  });

  test('a row that changed without a new version, by hand, is taken', () => {
    const memory = new SnapshotMemory();
    memory.present(at(5), 0);
    memory.present(at(5, true), 0);
    expect(memory.recall(HASH)?.snapshot.blockedBy).toBe('key');
  });

  test('absence is forgotten after ten seconds', () => {
    const memory = new SnapshotMemory();
    memory.absent(HASH, 1, 1000);
    expect(memory.isAbsent(HASH, 10_999)).toBe(true);
    expect(memory.isAbsent(HASH, 11_000)).toBe(false);
  });

  test('wants to be refreshed after a minute', () => {
    const memory = new SnapshotMemory();
    memory.present(at(1), 1000);
    expect(memory.recall(HASH)?.refreshAtMs).toBe(61_000);
  });
});

describe('whether a key may exist', () => {
  test('cannot be ruled out before the prefixes are there', () => {
    expect(new SnapshotMemory().mayExist(HASH)).toBe(true);
  });

  test('follows what is filed', () => {
    const memory = new SnapshotMemory();
    memory.usePrefixes(new KeyPrefixes());
    expect(memory.mayExist(HASH)).toBe(false);
    memory.present(at(1), 0);
    expect(memory.mayExist(HASH)).toBe(true);
    memory.absent(HASH, 2, 0);
    expect(memory.mayExist(HASH)).toBe(false);
  });
});

test('news in any order leave the newest state, for thousands of random histories', () => {
  let seed = 42;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return (seed >> 8) % below;
  };
  for (let history = 0; history < 3000; history++) {
    const length = 1 + random(8);
    // Every version is either a state of the key or its deletion; some arrive twice, all in any order.
    const states = Array.from({ length }, (_, index) => ({ version: index + 1, deleted: random(3) === 0 }));
    const news = [...states, ...states.filter(() => random(3) === 0)]
      .map((state) => ({ state, order: random(1000) }))
      .sort((left, right) => left.order - right.order);
    const memory = new SnapshotMemory();
    for (const { state } of news) {
      if (state.deleted) memory.absent(HASH, state.version, 0);
      else memory.present(at(state.version), 0);
    }
    const last = states.at(-1);
    expect(memory.recall(HASH)?.snapshot.version).toBe(last?.deleted ? undefined : last?.version);
  }
});
