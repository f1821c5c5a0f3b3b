import { describe, expect, test } from '@jest/globals';
import { answerTokens, tokensOf } from './answer-text.js';

describe('tokensOf', () => {
  test.each([
    '',
    'a',
    'two  spaces',
    ' lead and trail ',
    'line\n\nbreak',
    'naïve 🙂🙂🙂🙂🙂🙂🙂🙂🙂 end',
    'x'.repeat(50),
  ])('cuts %j into pieces that join to it again', (text) => {
    expect(tokensOf(text).join('')).toBe(text);
  });

  test('never cuts a character in two', () => {
    expect(
      tokensOf('🙂'.repeat(20)).every((token) => !token.includes('\uFFFD') && token.isWellFormed()),
    ).toBe(true);
  });
});

describe('answerTokens', () => {
  test.each([0, 1, 7, 24, 500])('gives exactly %d tokens', (count) => {
    expect(answerTokens('a question', 42, count)).toHaveLength(count);
  });

  test('says the same to the same prompt and something else to another', () => {
    const say = (prompt: string, seed: number) => answerTokens(prompt, seed, 40).join('');
    expect(say('a', 1)).toBe(say('a', 1));
    expect(say('a', 1)).not.toBe(say('b', 2));
  });
});
