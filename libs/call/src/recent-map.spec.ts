import { describe, expect, test } from '@jest/globals';
import { RecentMap } from './recent-map.js';

describe('a map of recent things', () => {
  test('never holds more than its capacity', () => {
    const map = new RecentMap<number>(10);
    for (let key = 0; key < 1000; key++) map.set(String(key), key);
    expect(map.size).toBe(10);
  });

  test('forgets what was not used, and keeps what was', () => {
    const map = new RecentMap<number>(4);
    for (const key of ['a', 'b', 'c', 'd']) map.set(key, 1);
    map.get('b');
    map.get('d');
    map.set('e', 1);
    map.set('f', 1);
    expect(map.keys().sort()).toEqual(['b', 'd', 'e', 'f']);
  });

  test('never forgets what was put in just now', () => {
    const map = new RecentMap<number>(3);
    for (let key = 0; key < 500; key++) {
      map.set(String(key), key);
      expect(map.get(String(key))).toBe(key);
    }
  });

  test('hot entries survive a flood of cold ones', () => {
    const map = new RecentMap<number>(100);
    const hot = Array.from({ length: 20 }, (_, index) => `hot${index}`);
    for (const key of hot) map.set(key, 1);
    for (let cold = 0; cold < 10_000; cold++) {
      map.set(`cold${cold}`, 1);
      for (const key of hot) map.get(key);
    }
    expect(hot.every((key) => map.peek(key) === 1)).toBe(true);
  });

  test('a look that is no use does not save an entry', () => {
    const map = new RecentMap<number>(2);
    for (const key of ['a', 'b']) map.set(key, 1);
    map.peek('a');
    map.get('b');
    map.set('c', 1);
    expect(map.keys()).toEqual(['b', 'c']);
  });
});
