import { RecentMap } from '@app/call';
import { expect, test } from '@jest/globals';
import { aRoutingService } from './testing.js';
import { aModelEntry } from '@testing/config';
import { GroupFinder } from './group-finder.js';

const finder = (): GroupFinder =>
  new GroupFinder(
    aRoutingService({
      models: [aModelEntry({ modelName: '*', model: 'openai/*', modelInfo: { id: 'any' } })],
    }).table,
  );

test('a name that was resolved by a pattern is remembered', () => {
  const groups = finder();
  expect(groups.find('qwen3')).toBe(groups.find('qwen3'));
});

test('a flood of names pushes out the oldest, and every name still finds its group', () => {
  const groups = finder();
  const first = groups.find('first');
  for (let index = 0; index < 5_000; index++) groups.find(`name-${index}`);
  expect(groups.find('first')).not.toBe(first);
  expect(groups.find('first')?.deployments[0]?.upstreamModel).toBe('first');
});

test('a name too long to be remembered is found all the same', () => {
  const groups = finder();
  const name = 'x'.repeat(100_000);
  expect(groups.find(name)?.deployments[0]?.upstreamModel).toBe(name);
  expect(groups.find(name)).not.toBe(groups.find(name));
});

test('a recent map keeps what is used and never grows beyond its size', () => {
  const map = new RecentMap<number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.get('a');
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2]);
});

test('setting a name of a full recent map again pushes out nobody', () => {
  const map = new RecentMap<number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('b', 3);
  expect([map.get('a'), map.get('b')]).toEqual([1, 3]);
});
