import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { SharedCheck } from './shared-check.js';

describe('a shared check', () => {
  test('runs once for all who ask before it begins, and anew for who asks while it runs', async () => {
    let [begun, ended] = [0, 0];
    const shared = new SharedCheck(async () => {
      begun += 1;
      await sleep(20);
      ended += 1;
    }, 0);
    const early = Promise.all(Array.from({ length: 100 }, () => shared.run()));
    await sleep(5);
    expect([begun, ended]).toEqual([1, 0]);
    const late = shared.run();
    await early;
    expect(ended).toBe(1);
    await late;
    expect([begun, ended]).toEqual([2, 2]);
  });

  test('runs at most as often as its spacing allows', async () => {
    let begun = 0;
    const shared = new SharedCheck(() => Promise.resolve(void (begun += 1)), 50);
    const since = performance.now();
    for (let i = 0; i < 4; i++) await shared.run();
    expect(begun).toBe(4);
    expect(performance.now() - since).toBeGreaterThan(140);
  });

  test('tells everybody that it failed, and the next one that it did not', async () => {
    let fails = true;
    const shared = new SharedCheck(() => (fails ? Promise.reject(new Error('away')) : Promise.resolve()), 0);
    const both = await Promise.allSettled([shared.run(), shared.run()]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    await expect(shared.run()).resolves.toBeUndefined();
  });
});
