import { afterEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoadGauge, type Round } from './load-gauge.js';

let gauge: LoadGauge;

afterEach(() => gauge.rest());

test('it watches until there is nothing to watch, and again from the next request on', async () => {
  const rounds: Round[] = [];
  gauge = new LoadGauge((round) => rounds.push(round) % 2 === 1);
  await sleep(250);
  expect(rounds).toHaveLength(0);
  gauge.wake();
  gauge.wake();
  await sleep(600);
  expect(rounds).toHaveLength(2);
  gauge.wake();
  await sleep(600);
  expect(rounds).toHaveLength(4);
  expect(rounds[2]?.lateForMs).toBe(0);
});
