import { expect, test } from '@jest/globals';
import { sharedLookup } from './shared-lookup.js';

test('equal questions at once get one answer each, and others get their turn', async () => {
  const ask = (name: string): Promise<readonly object[] | string> =>
    new Promise((resolve) => {
      sharedLookup(name, {}, (error, addresses) => resolve(error ? (error.code ?? 'failed') : addresses));
    });
  const names = ['localhost', 'localhost', '127.0.0.1', '127.0.0.2', '127.0.0.3', 'localhost'];
  const answers = await Promise.all(names.map(ask));
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[1]).toBe(answers[0]);
  expect(answers.slice(2, 5)).toMatchObject([
    [{ address: '127.0.0.1' }],
    [{ address: '127.0.0.2' }],
    [{ address: '127.0.0.3' }],
  ]);
});
