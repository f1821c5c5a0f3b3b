import { beforeEach, describe, expect, test } from '@jest/globals';
import { RateLimitError } from '@app/call';
import { aCall, anOutcome } from '@testing/call';
import { type Field, aField } from './testing.js';

let field: Field;

describe('a deployment that fails', () => {
  beforeEach(() => {
    field = aField([{}, {}, {}]);
  });

  test('is left out after four failures, until its rest is over', () => {
    field.failOften('a');
    expect(field.idsIn().sort()).toEqual(['b', 'c']);
    field.nowMs += 5_000;
    expect(field.idsIn().sort()).toEqual(['a', 'b', 'c']);
  });

  test('is left out at once when it has enough to do, for as long as it says', () => {
    field.fail('a', 429, { 'retry-after': '60' });
    field.nowMs += 59_999;
    expect(field.idsIn().sort()).toEqual(['b', 'c']);
    field.nowMs += 1;
    expect(field.idsIn().sort()).toEqual(['a', 'b', 'c']);
  });

  test('is left out at once when it refuses our key', () => {
    field.fail('a', 401);
    expect(field.idsIn().sort()).toEqual(['b', 'c']);
  });

  test('is not left out for requests that are wrong', () => {
    for (const status of [400, 403, 404, 413, 422]) for (let i = 0; i < 10; i += 1) field.fail('a', status);
    expect(field.idsIn()).toHaveLength(3);
  });

  test('is asked by one call alone after its rest, and is back when that succeeds', () => {
    field.failOften('a');
    field.nowMs += 5_000;
    const probe = field.begin('a');
    expect(field.idsIn().sort()).toEqual(['b', 'c']);
    probe.answered();
    expect(field.idsIn()).toHaveLength(3);
  });

  test('is asked again by the next call when the client of the first left', () => {
    field.failOften('a');
    field.nowMs += 5_000;
    field.begin('a').ended(anOutcome({ status: 499 }));
    expect(field.idsIn()).toHaveLength(3);
  });

  test('counts streams that broke in the middle', () => {
    for (let i = 0; i < 5; i += 1) {
      const attempt = field.begin('a');
      attempt.answered();
      attempt.ended(anOutcome({ status: 502 }));
    }
    expect(field.idsIn().sort()).toEqual(['b', 'c']);
  });

  test('never takes more than half of its group with it', () => {
    for (const id of ['a', 'b', 'c']) field.failOften(id);
    expect(field.idsIn().sort()).toEqual(['b', 'c']);
  });

  test('is never left out when it is the only one', () => {
    field = aField([{}]);
    field.failOften('a');
    field.fail('a', 429, { 'retry-after': '60' });
    expect(field.firstOf()).toBe('a');
  });

  test('is never left out where nobody is to rest', () => {
    field = aField([{}, {}, {}], { cooldownMs: 0 });
    field.failOften('a');
    field.fail('a', 429, { 'retry-after': '60' });
    expect(field.idsIn()).toHaveLength(3);
  });

  test('rests as long as its own entry says', () => {
    field = aField([{ cooldownMs: 1_000 }, {}]);
    field.failOften('a');
    field.nowMs += 1_000;
    expect(field.idsIn()).toHaveLength(2);
  });
});

describe('limits of a deployment', () => {
  test('on calls in flight hold for every strategy', () => {
    field = aField([{ maxParallelRequests: 1 }]);
    const attempt = field.begin('a');
    expect(field.firstOf()).toBeUndefined();
    expect(field.picker.noneFor(field.route)).toBeInstanceOf(RateLimitError);
    attempt.ended(anOutcome());
    expect(field.firstOf()).toBe('a');
  });

  test.each([{ routingStrategy: 'usage-based-routing-v2' }, { enablePreCallChecks: true }])(
    'on requests and tokens a minute hold with %j',
    (router) => {
      field = aField([{ rpm: 1 }, { tpm: 21 }], router);
      field.begin('a').ended(anOutcome());
      field.begin('b').ended(anOutcome());
      expect(field.firstOf()).toBeUndefined();
      field.nowMs += 60_000;
      expect(field.firstOf()).toBeDefined();
    },
  );

  test('on requests a minute are shares alone with simple-shuffle', () => {
    field = aField([{ rpm: 1 }]);
    field.begin('a').ended(anOutcome());
    expect(field.firstOf()).toBe('a');
  });

  test('on the length of prompts refuse what nobody takes, with pre-call checks', () => {
    field = aField([{ modelInfo: { max_input_tokens: 100 } }], { enablePreCallChecks: true });
    const long = aCall({ body: { model: 'gpt-4', messages: [{ role: 'user', content: 'x'.repeat(500) }] } });
    expect(() => field.picker.checkLength(field.route, long)).toThrow(
      expect.objectContaining({ status: 400, code: 'context_length_exceeded' }),
    );
    expect(() => field.picker.checkLength(field.route, aCall())).not.toThrow();
  });

  test('tell when to come back', () => {
    field = aField([{}, {}]);
    field.fail('a', 429, { 'retry-after': '30' });
    expect(field.picker.noneFor(field.route)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '30' },
      message: 'No deployments available for selected model, Try again in 30 seconds. Passed model=gpt-4.',
    });
  });
});
