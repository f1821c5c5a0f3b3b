import { expect, test } from '@jest/globals';
import { Recently } from './recently.js';

test('an answer is asked for once, until it is too old', async () => {
  const recently = new Recently();
  let asked = 0;
  const ask = (nowMs: number): Promise<number> =>
    recently.get('sum', 100, () => Promise.resolve((asked += 1)), nowMs);
  expect(await Promise.all([ask(0), ask(0), ask(99)])).toEqual([1, 1, 1]);
  expect(await ask(100)).toBe(2);
});

test('a failure is not kept', async () => {
  const recently = new Recently();
  await expect(recently.get('sum', 100, () => Promise.reject(new Error('away')), 0)).rejects.toThrow('away');
  expect(await recently.get('sum', 100, () => Promise.resolve('here'), 1)).toBe('here');
});
