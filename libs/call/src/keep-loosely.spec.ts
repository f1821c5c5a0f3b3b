import { expect, test } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseJsonBody } from './json-body.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const messages = [{ role: 'user', content: 'ä'.repeat(50_000) }];
const text = `{"model":"gpt-4", "messages" : ${JSON.stringify(messages)} ,"n":1}`;

test('a large value of a body does not stay in memory, and is the same when it is asked for again', async () => {
  const { object } = parseJsonBody(Buffer.from(text));
  const read = new WeakRef(object['messages'] as object);
  expect(object).toEqual({ model: 'gpt-4', messages, n: 1 });
  for (let turn = 0; turn < 3; turn += 1) {
    await nextTurn();
    collectGarbage();
  }
  expect(read.deref()).toBeUndefined();
  expect(object).toEqual({ model: 'gpt-4', messages, n: 1 });
  expect(JSON.stringify({ ...object })).toBe(JSON.stringify({ model: 'gpt-4', messages, n: 1 }));
});

test('who asks for a large value twice in a row gets the same one', () => {
  const { object } = parseJsonBody(Buffer.from(text));
  expect(object['messages']).toBe(object['messages']);
});
