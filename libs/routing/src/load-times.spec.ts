import { expect, test } from '@jest/globals';
import { LoadTimes } from './load-times.js';

const states = (...pairs: [string, string][]): ReadonlyMap<string, string> => new Map(pairs);

test('a load lasts from the first look that saw the model starting to the first that saw it ready', () => {
  const times = new LoadTimes();
  times.saw('a', states(['m', 'starting']), 1_000);
  times.saw('a', states(['m', 'starting'], ['n', 'starting']), 6_000);
  times.saw('a', states(['m', 'ready'], ['n', 'starting']), 11_000);
  times.saw('a', states(['m', 'ready'], ['n', 'ready']), 16_000);
  times.saw('b', states(['m', 'starting']), 16_000);
  expect([...times.totals]).toEqual([['a', { loads: 2, seconds: 20 }]]);
});

test('a model that was there already, or gave up, was not loaded', () => {
  const times = new LoadTimes();
  times.saw('a', states(['m', 'ready'], ['n', 'starting']), 0);
  times.saw('a', states(['m', 'ready']), 5_000);
  times.saw('a', states(['m', 'ready'], ['n', 'ready']), 10_000);
  expect(times.totals.size).toBe(0);
});
