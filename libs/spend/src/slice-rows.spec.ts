import { describe, expect, test } from '@jest/globals';
import { scopesOf, splitSlice } from './slice-rows.js';
import { toSlice } from './segment-reader.js';

const WORDS = [null, 'hash', 'alias', 'user', null, 'type', 'route'];
const slice = (...texts: string[]) =>
  toSlice(
    texts.map((text) => Buffer.from(text)),
    WORDS,
  );

describe('looking into a slice', () => {
  test('its rows keep their text, whatever stands in their strings', () => {
    const texts = ['{"a":"}{,\\"["}', '{"b":{"c":[{"d":1}]}}', '{"cost":999999999999999999}'];
    expect(splitSlice(slice(...texts)).map(({ text }) => text)).toEqual(texts);
  });

  test('amounts are read exactly, and only from the field itself', () => {
    const [row] = splitSlice(slice('{"id":"x","msg":",\\"cost\\":5,","cost":999999999999999999}'));
    expect(row?.costPicoUsd).toBe(999_999_999_999_999_999n);
  });

  test('scopes add up over the rows', () => {
    const rows = splitSlice(slice('{"k":1,"eu":"Ann","cost":5}', '{"k":1,"cost":7}'));
    expect(scopesOf(rows)).toEqual(
      new Map([
        ['key:hash', 12n],
        ['user:user', 12n],
        ['end_user:Ann', 5n],
      ]),
    );
  });

  test('the words that a row uses come with it', () => {
    const [row] = splitSlice(slice('{"id":"x","k":1,"r":5}'));
    expect(row?.words).toEqual({ 1: 'hash', 2: 'alias', 3: 'user', 4: null, 5: 'type', 6: 'route' });
  });

  test('its day is the one in UTC; an impossible instant has none', () => {
    const days = splitSlice(slice('{"at":1767225599999}', '{"at":9e99}', '{}')).map(({ day }) => day);
    expect(days).toEqual(['2025-12-31', null, null]);
  });
});
