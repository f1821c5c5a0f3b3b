import { beforeEach, expect, test } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { Tally } from './tally.js';

let tally: Tally;
let counter: Counter;

beforeEach(() => {
  tally = new Tally('status');
  counter = new Counter({
    name: 'c_total',
    help: 'c',
    labelNames: ['model', 'status'],
    registers: [new Registry()],
  });
});

const valuesOf = async (): Promise<unknown[]> => {
  tally.moveTo(counter);
  return (await counter.get()).values.map(({ labels, value }) => [labels['model'], labels['status'], value]);
};

test('what was added is moved to the counter, by label', async () => {
  tally.add('gpt-4', '200', 1);
  tally.add('gpt-4', '200', 1);
  tally.add('gpt-4', '500', 1);
  tally.add('qwen3', '200', 5);
  expect(await valuesOf()).toEqual([
    ['gpt-4', '200', 2],
    ['gpt-4', '500', 1],
    ['qwen3', '200', 5],
  ]);
});

test('what was moved once is not moved again', async () => {
  tally.add('gpt-4', '200', 1);
  await valuesOf();
  expect(await valuesOf()).toEqual([['gpt-4', '200', 1]]);
  tally.add('gpt-4', '200', 1);
  expect(await valuesOf()).toEqual([['gpt-4', '200', 2]]);
});

test('names of object members are labels like others', async () => {
  tally.add('__proto__', 'constructor', 1);
  expect(await valuesOf()).toEqual([['__proto__', 'constructor', 1]]);
});
