import { describe, expect, test } from '@jest/globals';
import { safeModel } from './safe-model.js';

describe('a model for a template', () => {
  test('keeps text, numbers, flags, lists and plain objects', () => {
    const model = { text: '<b>', count: 1, flag: true, none: null, list: [{ a: 'b' }] };
    expect(safeModel(model)).toEqual(model);
  });

  test('turns everything else into text', () => {
    expect(safeModel({ big: 5n, when: new Date(0), code: new Map([[1, 2]]), odd: NaN })).toEqual({
      big: '5',
      when: '1970-01-01T00:00:00.000Z',
      code: '{}',
      odd: '–',
    });
  });

  test.each(['toHTML', '__proto__', 'constructor'])('refuses the member %s', (name) => {
    expect(() => safeModel(JSON.parse(`{"row":{"${name}":"x"}}`) as object)).toThrow(name);
  });

  test('cuts very long text', () => {
    expect(JSON.stringify(safeModel({ text: 'x'.repeat(1_000_000) })).length).toBeLessThan(20_050);
  });
});
