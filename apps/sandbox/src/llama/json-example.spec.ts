import { describe, expect, test } from '@jest/globals';
import { exampleOf } from './json-example.js';

describe('exampleOf', () => {
  test('fills an object with all of its properties', () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string' },
        age: { type: 'integer', minimum: 50 },
        ratio: { type: 'number', maximum: 0.5 },
        good: { type: 'boolean' },
        gone: { type: 'null' },
        tags: { type: 'array', items: { type: 'string' }, minItems: 2 },
      },
    };
    expect(exampleOf(schema, 'text')).toEqual({
      name: 'text',
      age: 50,
      ratio: 0.5,
      good: true,
      gone: null,
      tags: ['text', 'text'],
    });
  });

  test.each([
    [{ enum: ['red', 'green'] }, 'red'],
    [{ const: 7 }, 7],
    [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, 42],
    [{ type: ['string', 'null'] }, 'text'],
    [{ type: 'string', format: 'date' }, '2026-01-02'],
    [{ type: 'string', maxLength: 2 }, 'te'],
    [{ type: 'string', minLength: 6 }, 'text..'],
    [{}, {}],
  ])('gives an example of %j', (schema, example) => {
    expect(exampleOf(schema, 'text')).toEqual(example);
  });

  test('ends on a schema that holds itself', () => {
    const endless: Record<string, unknown> = { type: 'object' };
    endless['properties'] = { again: endless };
    expect(JSON.stringify(exampleOf(endless, 'x')).length).toBeLessThan(1000);
  });
});
