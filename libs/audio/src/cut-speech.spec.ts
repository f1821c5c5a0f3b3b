import { describe, expect, test } from '@jest/globals';
import { cutSpeech } from './cut-speech.js';

function parts(text: string, most: number): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = cutSpeech(text, at, most);
    found.push(text.slice(at, end));
    at = end;
  }
  return found;
}

const sentence = (words: number): string => `${'Words'.padEnd(words * 6 - 1, ' words')}. `;

describe('a text that is cut for speech', () => {
  test('stays whole where it fits', () => {
    expect(parts('One. Two.', 9)).toEqual(['One. Two.']);
  });

  test('ends its parts where sentences end, and loses nothing', () => {
    const text = sentence(12).repeat(20);
    const found = parts(text, 300);
    expect(found.join('')).toBe(text);
    expect(found.length).toBeGreaterThan(4);
    for (const part of found)
      expect([part.length <= 300, part]).toEqual([true, expect.stringMatching(/words\. $/)]);
  });

  test('begins with a short part, so that something is heard soon', () => {
    const [first = '', second = ''] = parts(sentence(12).repeat(20), 500);
    expect(first.length).toBeLessThanOrEqual(200);
    expect(second.length).toBeGreaterThan(400);
  });

  test('does not take an abbreviation for an end', () => {
    const text = `${'Yesterday evening we met with Dr. '.padStart(60, 'x ')}Miller, e.g. Anna. Then we went home.`;
    for (const part of parts(text, 100)) expect(part).not.toMatch(/(?:Dr|e\.g)\. $/);
  });

  test('knows the ends of Chinese, Hindi and Arabic sentences', () => {
    expect(parts('今天天气很好。我们去公园散步吧！', 10)).toEqual(['今天天气很好。', '我们去公园散步吧！']);
    expect(parts('यह पहला वाक्य है। यह दूसरा है।', 22)).toEqual(['यह पहला वाक्य है। ', 'यह दूसरा है।']);
    expect(parts('هل هذا سؤال؟ نعم هذا سؤال.', 20)[0]).toBe('هل هذا سؤال؟ ');
  });

  test('is cut at a comma, else at a space, where a sentence is too long', () => {
    expect(parts(`${'long '.repeat(10)}pause, and on it goes`, 60)[0]).toBe(`${'long '.repeat(10)}pause, `);
    expect(parts('word '.repeat(30), 52)[0]).toBe('word '.repeat(10));
  });

  test('is cut anywhere where there is no better place, but within no character', () => {
    const text = '🦀'.repeat(40);
    for (const part of parts(text.replaceAll('🦀', '👩‍🚀x'), 11))
      expect(part).not.toMatch(/^[\udc00-\udfff\u200d]/);
    expect(parts('a'.repeat(25), 10)).toEqual(['a'.repeat(10), 'a'.repeat(10), 'a'.repeat(5)]);
    expect(parts('á'.normalize('NFD').repeat(8), 5).join('')).toBe('á'.normalize('NFD').repeat(8));
  });

  test('has something to say in each part', () => {
    const text = `*** \n\n ${sentence(10)}${'…'.repeat(30)}\n--- ${'!'.repeat(40)}`;
    for (const part of parts(text, 70)) expect(part).toMatch(/\p{L}/u);
  });

  test('is cut in no time, however hostile', () => {
    const startedAt = performance.now();
    for (const text of [
      '. '.repeat(50_000),
      ' '.repeat(100_000),
      ','.repeat(100_000),
      '\n'.repeat(100_000),
    ]) {
      expect(parts(text, 500).join('')).toBe(text);
    }
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
