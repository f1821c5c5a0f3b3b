import { describe, expect, test } from '@jest/globals';
import { type WordBlock, WordTable } from './word-table.js';

describe('the words of a segment', () => {
  test('numbers begin at 1 and follow each other', () => {
    const table = new WordTable();
    expect(table.blockOf({}, () => ['a', null, 'b'])).toBe(1);
    expect(table.blockOf('route', () => ['c'])).toBe(4);
    expect(table.words).toEqual([null, 'a', null, 'b', 'c']);
  });

  test('an object that is known is not asked for its words again', () => {
    const table = new WordTable();
    const caller = {};
    table.blockOf(caller, () => ['a']);
    const ask = () => {
      throw new Error('asked');
    };
    expect(table.blockOf(caller, ask)).toBe(1);
  });

  test('another object with the same words has the same numbers', () => {
    const blocks: WordBlock[] = [];
    const table = new WordTable((block) => blocks.push(block));
    table.blockOf({}, () => ['a', 'b']);
    expect(table.blockOf({}, () => ['a', 'b'])).toBe(1);
    expect(blocks).toEqual([{ first: 1, words: ['a', 'b'] }]);
  });

  test('a word that could not be written has no number', () => {
    let isFull = true;
    const table = new WordTable(() => {
      if (isFull) throw new Error('full');
    });
    const caller = {};
    expect(() => table.blockOf(caller, () => ['a'])).toThrow('full');
    isFull = false;
    table.blockOf({}, () => ['b']);
    expect(table.blockOf(caller, () => ['a'])).toBe(2);
    expect(table.words).toEqual([null, 'b', 'a']);
  });

  test('words are storable: no NUL, no half pairs, not too long', () => {
    const table = new WordTable();
    table.blockOf({}, () => ['a\0b', '\ud83d', 'x'.repeat(1_000)]);
    expect(table.words.slice(1)).toEqual(['ab', '\ufffd', 'x'.repeat(512)]);
  });

  test('a reader gets the same numbers, also with a block missing', () => {
    const reader = new WordTable();
    reader.restore({ first: 4, words: ['d'] });
    reader.restore({ first: 1, words: ['a', null] });
    expect(reader.words).toEqual([null, 'a', null, null, 'd']);
  });

  test.each([0, -1, 1.5, 1e9])('a block that begins at %p is ignored', (first) => {
    const reader = new WordTable();
    reader.restore({ first, words: ['a'] });
    expect(reader.words).toEqual([null]);
  });

  test('a carried block keeps its numbers and is written again', () => {
    const blocks: WordBlock[] = [];
    const table = new WordTable((block) => blocks.push(block));
    table.carry({ first: 7, words: ['a', 'b'] });
    expect(table.blockOf({}, () => ['a', 'b'])).toBe(7);
    expect(table.blockOf({}, () => ['c'])).toBe(9);
    expect(blocks.map(({ first }) => first)).toEqual([7, 9]);
  });
});
