import { describe, expect, test } from '@jest/globals';
import { KeyLoader } from './key-loader.js';

/** A query that waits until it is told how to end. */
function aQuery() {
  const calls: { hashes: readonly string[]; end: (error?: Error) => void }[] = [];
  const query = (hashes: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      calls.push({ hashes, end: (error) => (error ? reject(error) : resolve()) });
    });
  return { calls, loader: new KeyLoader(query) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('loading keys', () => {
  test('asks once for all keys wanted in one turn', async () => {
    const { calls, loader } = aQuery();
    const all = Promise.all(['a', 'b', 'c', 'a'].map((hash) => loader.load(hash)));
    await turn();
    expect(calls.map(({ hashes }) => hashes)).toEqual([['a', 'b', 'c']]);
    calls[0]?.end();
    await all;
  });

  test('has one query under way at a time, and the next takes all that waited', async () => {
    const { calls, loader } = aQuery();
    const first = loader.load('a');
    await turn();
    const later = ['b', 'c', 'a'].map((hash) => loader.load(hash));
    await turn();
    expect(calls).toHaveLength(1);
    calls[0]?.end();
    await first;
    await turn();
    expect(calls[1]?.hashes).toEqual(['b', 'c', 'a']);
    calls[1]?.end();
    await Promise.all(later);
  });

  test('a query that fails fails those who waited for it, and no one else', async () => {
    const { calls, loader } = aQuery();
    const first = loader.load('a');
    first.catch(() => undefined);
    await turn();
    const second = loader.load('b');
    calls[0]?.end(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await turn();
    calls[1]?.end();
    await expect(second).resolves.toBeUndefined();
  });

  test('five thousand cold keys are five queries', async () => {
    let queries = 0;
    const loader = new KeyLoader((hashes) => {
      queries++;
      expect(hashes.length).toBeLessThanOrEqual(1000);
      return turn();
    });
    await Promise.all(Array.from({ length: 5000 }, (_, index) => loader.load(String(index))));
    expect(queries).toBe(5);
  });
});
