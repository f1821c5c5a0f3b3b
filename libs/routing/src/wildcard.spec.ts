import { describe, expect, test } from '@jest/globals';
import { seededRandom } from './testing.js';
import { Wildcard } from './wildcard.js';

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
const expressionOf = (pattern: string, end: string): RegExp =>
  new RegExp(`^${pattern.split('*').map(escaped).join('(.*)')}${end}`, 's');

function texts(seed: number): (alphabet: string, below: number) => string {
  const random = seededRandom(seed);
  const upTo = (limit: number): number => Math.floor(random() * limit);
  return (alphabet, below) =>
    Array.from({ length: upTo(below) }, () => alphabet[upTo(alphabet.length)]).join('');
}

describe('what a pattern captures', () => {
  test.each([
    ['openai/*', 'openai/gpt-4o', ['gpt-4o']],
    ['*', 'anything/at:all', ['anything/at:all']],
    ['*', '', ['']],
    ['a*b', 'axbxby', ['xbx']],
    ['*-*-*', 'a-b-c-d', ['a-b', 'c', 'd']],
    ['a**', 'abc', ['bc', '']],
  ])('%s takes from %s the longest texts', (pattern, name, captured) => {
    expect(new Wildcard(pattern).capture(name)).toEqual(captured);
  });

  test.each([
    ['openai/*', 'anthropic/claude'],
    ['a*b', 'ba'],
    ['ab*ab', 'ab'],
    ['gpt-4', 'gpt-5'],
  ])('%s does not match %s', (pattern, name) => {
    expect(new Wildcard(pattern).capture(name)).toBeNull();
  });

  test('what follows the last literal part is of no account, unless the whole name has to match', () => {
    const pattern = new Wildcard('gpt-*-mini');
    expect(pattern.capture('gpt-4-mini-2024')).toEqual(['4']);
    expect(pattern.captureWhole('gpt-4-mini-2024')).toBeNull();
    expect(pattern.captureWhole('gpt-4-mini')).toEqual(['4']);
  });

  test('characters that mean something to regular expressions stand for themselves', () => {
    const pattern = new Wildcard('a.b+(c)[d]*');
    expect(pattern.capture('a.b+(c)[d]e')).toEqual(['e']);
    expect(pattern.capture('aXbb(c)[d]e')).toBeNull();
  });

  test('20,000 random patterns and names capture what a greedy regular expression captures', () => {
    const text = texts(1);
    const wrong: unknown[] = [];
    for (let round = 0; round < 20_000; round++) {
      const pattern = text('ab**', 7);
      const name = text('ab', 10);
      const wildcard = new Wildcard(pattern);
      const found = [wildcard.capture(name), wildcard.captureWhole(name)];
      const expected = ['', '$'].map((end) => expressionOf(pattern, end).exec(name)?.slice(1) ?? null);
      if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push({ pattern, name, found, expected });
    }
    expect(wrong).toEqual([]);
  });

  test('a name of 100 kB against a hostile pattern takes no time', () => {
    const startedAtMs = performance.now();
    expect(new Wildcard(`${'a*'.repeat(50)}b`).capture('a'.repeat(100_000))).toBeNull();
    expect(performance.now() - startedAtMs).toBeLessThan(50);
  });
});

describe('filling texts into a pattern', () => {
  test('each text takes the place of one star, in order', () => {
    expect(new Wildcard('a-*-*').fill(['1', '2'])).toBe('a-1-2');
  });

  test('texts are put in as they are, whatever they look like', () => {
    expect(new Wildcard('x/*').fill(['$&*$1'])).toBe('x/$&*$1');
  });

  test('there is no name where the numbers differ', () => {
    expect(new Wildcard('a-*').fill(['1', '2'])).toBeNull();
    expect(new Wildcard('a').fill(['1'])).toBeNull();
  });

  test('a captured name filled in again is the name: 5,000 random ones', () => {
    const text = texts(2);
    for (let round = 0; round < 5_000; round++) {
      const wildcard = new Wildcard(text('ab*', 6));
      const name = text('ab', 8);
      const captured = wildcard.captureWhole(name);
      if (captured) expect(wildcard.fill(captured)).toBe(name);
    }
  });
});
