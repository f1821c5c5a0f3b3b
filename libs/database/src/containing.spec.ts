import { expect, test } from '@jest/globals';
import { containing } from './containing.js';

test.each([
  ['', '%%'],
  ['plain', '%plain%'],
  ['50 %', '%50 \\%%'],
  ['a_b\\c', '%a\\_b\\\\c%'],
])('what contains %j is looked for as %j', (text, pattern) => {
  expect(containing(text)).toBe(pattern);
});
