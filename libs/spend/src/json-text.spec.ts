import { describe, expect, test } from '@jest/globals';
import { quoted, quotedList } from './json-text.js';

describe('text of clients in JSON', () => {
  test.each([
    '',
    'plain',
    'with "quotes"',
    'back\\slash',
    'tab\tand\nnewline',
    'ключ 👩‍🚀',
    '\u2028',
    '\u007f',
  ])('%p is read back as it was', (text) => {
    expect(JSON.parse(quoted(text, 100))).toBe(text);
  });

  test('is one line, whatever it holds', () => {
    expect(quoted('a\nb\r\u0085c', 100)).not.toMatch(/[\n\r]/);
  });

  test('loses its NUL characters', () => {
    expect(JSON.parse(quoted('a\0b\0', 100))).toBe('ab');
  });

  test('half of a surrogate pair becomes the replacement character', () => {
    expect(JSON.parse(quoted('a\ud83d', 100))).toBe('a\ufffd');
  });

  test('is cut to its length, also in the middle of a pair', () => {
    expect(JSON.parse(quoted('abcdef', 3))).toBe('abc');
    expect(JSON.parse(quoted('ab👩', 3))).toBe('ab\ufffd');
  });

  test('a list is cut to its length', () => {
    expect(JSON.parse(quotedList(['a', 'b"', 'c'], 2, 10))).toEqual(['a', 'b"']);
    expect(quotedList([], 2, 10)).toBe('[]');
  });

  test('a list holds each text once, also when they are equal only after cutting', () => {
    expect(JSON.parse(quotedList(['ab', 'b', 'ac', 'b'], 9, 1))).toEqual(['a', 'b']);
  });
});
