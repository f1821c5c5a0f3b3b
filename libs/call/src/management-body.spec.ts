import { describe, expect, test } from '@jest/globals';
import { BadRequestError } from './errors.js';
import { type JsonObject } from './json.js';
import { readDto } from './management-body.js';
import {
  BudgetField,
  ChoiceField,
  DurationField,
  FlagField,
  ObjectField,
  TextField,
  TextListField,
  TextMapField,
} from './management-fields.js';

class Sample {
  static readonly unsupported = ['guardrails', 'policies'];
  @TextField() name?: string | null;
  @TextListField() models?: string[] | null;
  @TextMapField() aliases?: Record<string, string> | null;
  @ObjectField() metadata?: JsonObject | null;
  @FlagField() blocked?: boolean | null;
  @DurationField() duration?: string | null;
  @BudgetField() max_budget?: number | string | null;
  @ChoiceField('default', 'read_only') kind?: string | null;
}

const read = (json: string): Sample => readDto(Sample, JSON.parse(json) as JsonObject);
const refusal = (json: string): BadRequestError => {
  try {
    read(json);
  } catch (error) {
    if (error instanceof BadRequestError) return error;
    throw error;
  }
  throw new Error(`${json} was accepted`);
};

describe('a management body', () => {
  test('arrives as an instance of its class with its values unchanged', () => {
    const dto = read('{"name":"a","models":["m","x/*"],"metadata":{"a":[1,{"b":null}]},"max_budget":0.1}');
    expect(dto).toBeInstanceOf(Sample);
    expect(dto).toEqual({
      name: 'a',
      models: ['m', 'x/*'],
      metadata: { a: [1, { b: null }] },
      max_budget: 0.1,
    });
  });

  test('may leave out or null every field', () => {
    expect(read('{}')).toEqual({});
    expect(read('{"name":null,"models":null,"max_budget":null}')).toEqual({
      name: null,
      models: null,
      max_budget: null,
    });
  });

  test('names a field that nobody knows', () => {
    expect(refusal('{"max_bugdet":5}')).toMatchObject({
      status: 400,
      param: 'max_bugdet',
      message: 'Unknown field `max_bugdet`.',
    });
  });

  test('names a field of the contract that is not supported', () => {
    expect(refusal('{"guardrails":["x"]}')).toMatchObject({
      status: 400,
      param: 'guardrails',
      message: expect.stringContaining('not supported'),
    });
  });

  test.each(['null', '""', '[]', '{}', 'false'])(
    'accepts %s for a field that it lacks, and drops it',
    (empty) => {
      expect(read(`{"guardrails":${empty},"other":${empty}}`)).toEqual({});
    },
  );

  test.each(['0', 'true', '" "', '[null]', '{"a":1}'])('refuses %s for a field that it lacks', (value) => {
    expect(refusal(`{"policies":${value}}`).param).toBe('policies');
  });

  test('shows at most 64 characters of an unknown name', () => {
    expect(refusal(`{"${'x'.repeat(5000)}":1}`).param).toHaveLength(64);
  });

  test.each([
    '{"__proto__":{"name":"a"}}',
    '{"__proto__":null}',
    '{"constructor":{"prototype":{"name":"a"}}}',
    '{"toString":1}',
    '{"hasOwnProperty":true}',
  ])('refuses %s and leaves every prototype alone', (json) => {
    refusal(json);
    expect(({} as { name?: string }).name).toBeUndefined();
    expect(Object.getPrototypeOf(new Sample())).toBe(Sample.prototype);
  });

  test.each([
    ['{"name":"a\\u0000b"}', 'name'],
    ['{"metadata":{"deep":[{"x":"\\u0000"}]}}', 'metadata'],
    ['{"metadata":{"\\u0000":1}}', 'metadata'],
    ['{"models":["\\ud800"]}', 'models'],
    ['{"aliases":{"\\udc00":"m"}}', 'aliases'],
  ])('refuses text that PostgreSQL cannot store: %s', (json, field) => {
    expect(refusal(json)).toMatchObject({ status: 400, param: field });
  });

  test('keeps emoji, right-to-left text and quotes', () => {
    const name = '👩‍🚀 אבג \'"; DROP TABLE';
    expect(read(JSON.stringify({ name })).name).toBe(name);
  });

  test.each([
    ['name', '5'],
    ['name', `"${'x'.repeat(257)}"`],
    ['name', '["a"]'],
    ['models', '"gpt-4"'],
    ['models', '[1]'],
    ['models', JSON.stringify(Array.from({ length: 1001 }, () => 'm'))],
    ['aliases', '{"a":1}'],
    ['aliases', '["a"]'],
    ['metadata', '[]'],
    ['metadata', '"x"'],
    ['blocked', '"yes"'],
    ['blocked', '1'],
    ['duration', '"soon"'],
    ['duration', '30'],
    ['duration', '"-1d"'],
    ['max_budget', '-1'],
    ['max_budget', '-0'],
    ['max_budget', '-0.0000001'],
    ['max_budget', '1e999'],
    ['max_budget', '-1e999'],
    ['max_budget', '9223372036854775808'],
    ['max_budget', '9'.repeat(400)],
    ['max_budget', '"NaN"'],
    ['max_budget', '"Infinity"'],
    ['max_budget', '"10; DROP"'],
    ['max_budget', '"0x10"'],
    ['max_budget', '[]'],
    ['max_budget', '{}'],
    ['max_budget', 'true'],
    ['kind', '"admin"'],
  ])('refuses %s: %s and names it', (field, value) => {
    expect(refusal(`{"${field}":${value}}`)).toMatchObject({
      status: 400,
      param: field,
      message: expect.stringContaining(field),
    });
  });

  test.each(['0', '0.0', '1e-7', '1000000', '"12.5"', '""', 'null'])('takes %s as a budget', (value) => {
    expect(read(`{"max_budget":${value}}`).max_budget).toBe(JSON.parse(value));
  });

  test('says how a duration has to look', () => {
    expect(refusal('{"duration":"soon"}').message).toContain('Invalid duration format');
  });
});
