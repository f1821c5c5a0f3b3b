import { describe, expect, test } from '@jest/globals';
import { editBody, parseJsonBody } from './json-body.js';

const bodyOf = (text: string) => parseJsonBody(Buffer.from(text));
const edited = (text: string, set: Record<string, string>, drop: string[] = []) =>
  Buffer.concat(editBody(bodyOf(text), { set, drop: new Set(drop) })).toString();

describe('editing a body', () => {
  test('replaces one value and leaves every other byte as it came', () => {
    const text = '{ "model" : "gpt-4" ,\n "seed": 12345678901234567890, "x":[1.0, {"model":"inner"}] }';
    expect(edited(text, { model: '"qwen"' })).toBe(text.replace('"gpt-4"', '"qwen"'));
  });

  test('adds members behind the last one', () => {
    expect(edited('{"a":1 }', { stream_options: '{"include_usage":true}' })).toBe(
      '{"a":1,"stream_options":{"include_usage":true} }',
    );
    expect(edited('{}', { a: '1' })).toBe('{"a":1}');
  });

  test('leaves members out and keeps valid JSON wherever they stood', () => {
    for (const text of ['{"gone":1,"a":2}', '{"a":2,"gone":{"b":[1,2]}}', '{"x":1,"gone":"}","a":2}']) {
      const result = JSON.parse(edited(text, { z: 'true' }, ['gone'])) as Record<string, unknown>;
      expect(result).not.toHaveProperty('gone');
      expect(result).toMatchObject({ a: 2, z: true });
    }
    expect(edited('{"gone":1}', {}, ['gone'])).toBe('{}');
  });

  test('takes names that every object inherits for what they are: names', () => {
    for (const name of ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__']) {
      const text = `{"${name}":{"prototype":{"isAdmin":true}},"model":"a"}`;
      expect(edited(text, { model: '"b"' })).toBe(text.replace('"a"', '"b"'));
      expect(edited(text, { model: '"b"' }, ['model'])).toContain(name);
    }
  });

  test('gives the same object as a plain edit would, for generated bodies', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    const value = (depth: number): unknown => {
      const pick = random(depth > 3 ? 4 : 6);
      if (pick === 0) return random(1e6) / 7;
      if (pick === 1) return 'text "quoted" \\ back ä€𝄞\n'.repeat(random(6));
      if (pick === 2) return null;
      if (pick === 3) return random(2) === 0;
      if (pick === 4) return Array.from({ length: random(4) }, () => value(depth + 1));
      return Object.fromEntries(Array.from({ length: random(5) }, (_, i) => [`k${i}"\\`, value(depth + 1)]));
    };
    for (let round = 0; round < 500; round++) {
      const object = { a: value(0), model: value(0), b: value(0), drop: value(0) };
      const result: unknown = JSON.parse(
        edited(JSON.stringify(object, null, random(3)), { model: '"m"', n: '2' }, ['drop']),
      );
      expect(result).toEqual({ a: object.a, model: 'm', b: object.b, n: 2 });
    }
  });
});

describe('reading a body', () => {
  test('refuses a field that stands twice, also when one is written with escapes', () => {
    expect(() => bodyOf('{"model":"a","model":"b"}')).toThrow('given twice');
    expect(() => bodyOf('{"model":"a","mod\\u0065l":"b"}')).toThrow('given twice');
  });

  test('refuses what is no object, without words of the parser', () => {
    for (const text of [
      '',
      '{"a":',
      '{"a":1}}',
      '[1]',
      '"x"',
      'null',
      '12',
      '{a:1}',
      '{"a":1,}',
      '{"a" 1}',
    ]) {
      expect(() => bodyOf(text)).toThrow(/Invalid JSON payload\.$|must be a JSON object/);
    }
  });

  test('refuses deep, crowded and polluting bodies before they cost time', () => {
    for (const depth of [65, 5_000, 500_000]) {
      expect(() => bodyOf(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`)).toThrow('Invalid JSON payload');
      expect(() => bodyOf('['.repeat(depth))).toThrow('Invalid JSON payload');
    }
    expect(() => bodyOf(`{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join()}}`)).toThrow(
      '20000 names',
    );
    expect(() => bodyOf('{"__proto__":{"isAdmin":true}}')).toThrow('__proto__');
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });

  test('stops walking where a body has too much, whatever follows', () => {
    const names = Array.from({ length: 20_001 }, (_, i) => `"k${i}":1`).join();
    expect(() => bodyOf(`{${names}, and then nothing that is JSON`)).toThrow('20000 names');
    expect(() => bodyOf(`{"a":[${'1,'.repeat(500_001)} and then`)).toThrow('500000 values');
  });

  test('accepts 64 levels', () => {
    expect(bodyOf(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`).object).toHaveProperty('a');
  });
});
