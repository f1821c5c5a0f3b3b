import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { found } from './canaries.ts';

const SECRET = 'pass/w"ord+with=all of\\it 4711?';
const bytes = Buffer.from(SECRET);
const behind = (before: string, alphabet: 'base64' | 'base64url'): string =>
  Buffer.from(`${before}${SECRET}, and more`).toString(alphabet);

describe('a secret is found', () => {
  test.each([
    ['as it is', SECRET],
    ['in JSON', JSON.stringify({ key: SECRET })],
    ['in an address', `?key=${encodeURIComponent(SECRET)}`],
    ['in a form', new URLSearchParams({ key: SECRET }).toString()],
    ['in base64', behind('', 'base64')],
    ['in base64', behind('a', 'base64')],
    ['in base64', behind('ab', 'base64')],
    ['in base64', behind('', 'base64url')],
    ['in base64', behind('a', 'base64url')],
    ['in base64', behind('ab', 'base64url')],
    ['in hex', `\\x00${bytes.toString('hex')}ff`],
    ['in hex', bytes.toString('hex').toUpperCase()],
    ['backwards', Array.from(SECRET).reverse().join('')],
  ])('%s: %s', (form, text) => {
    const noise = randomBytes(5_000);
    const content = Buffer.concat([noise, Buffer.from(text), noise]);
    expect(found([{ name: 'it', value: SECRET }], [{ name: 'a file', content }])).toEqual([
      `it in a file, ${form}`,
    ]);
    expect(found([{ name: 'it', value: SECRET }], [{ name: 'a text', content: text }])).toEqual([
      `it in a text, ${form}`,
    ]);
  });

  test('among thousands, wherever each stands', () => {
    const canaries = Array.from({ length: 3_000 }, (_, n) => ({
      name: `key ${n}`,
      value: `sk-${randomBytes(24).toString('base64url')}`,
    }));
    const content = canaries.map(({ value }) => `{"key":"${value}"}`).join('\n');
    expect(found(canaries, [{ name: 'a log', content }])).toHaveLength(canaries.length);
  });
});

test('what is not there, or all but its last sign, is not found', () => {
  const content = Buffer.concat([randomBytes(1_000_000), bytes.subarray(0, -1), Buffer.from('!')]);
  expect(found([{ name: 'it', value: SECRET }], [{ name: 'noise', content }])).toEqual([]);
  expect(found([{ name: 'it', value: SECRET }], [{ name: 'nothing', content: '' }])).toEqual([]);
});

test('what is too short to be told from chance is refused by its name', () => {
  expect(() => found([{ name: 'the key', value: 'sk-1234' }], [])).toThrow('the key is too short');
});
