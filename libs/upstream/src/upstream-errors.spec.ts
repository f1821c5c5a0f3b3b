import { describe, expect, test } from '@jest/globals';
import { credentialsIn, errorFromText, withoutKeys } from './upstream-errors.js';

describe('an error of the upstream', () => {
  test.each([
    ['the envelope', '{"error":{"message":"bad","type":"t","param":"p","code":"c"}}'],
    ['a string', '{"error":"bad"}'],
    ['a string beside its source', '{"src":"llama-swap","error":"bad"}'],
    ['a flat object', '{"message":"bad","code":400,"type":"BadRequestError","param":"voice"}'],
    ['a detail', '{"detail":"bad"}'],
    ['a nested detail', '{"detail":{"error":"bad"}}'],
    ['text', 'bad\n'],
  ])('is read from %s', (_, text) => {
    expect(errorFromText(400, text)).toMatchObject({ status: 400, message: 'bad', retryable: false });
  });

  test('that is markup, empty or unreadable leaves only its status', () => {
    for (const text of ['<html>secret</html>', '', '{}', '[]', '{"error":{}}']) {
      expect(errorFromText(503, text)).toMatchObject({
        message: expect.stringMatching(/status 503|^\[\]$/),
        retryable: true,
      });
    }
  });

  test('keeps figures about the context and gets the code that clients look for', () => {
    const text =
      '{"error":{"code":400,"message":"too long","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}';
    expect(errorFromText(400, text)).toMatchObject({
      code: 'context_length_exceeded',
      members: { n_ctx: 9 - 1, n_prompt_tokens: 9 },
    });
  });

  test('in a list is read like the one in it', () => {
    const text = '[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]';
    expect(errorFromText(400, text)).toMatchObject({
      message: 'API key not valid.',
      code: 'INVALID_ARGUMENT',
    });
    expect(errorFromText(500, '[]').message).toBe('The upstream answered with status 500.');
  });

  test('that is really the fault of the request is not retried, by us or by the client', () => {
    const error = errorFromText(500, '{"error":{"code":500,"message":"tools param requires --jinja flag"}}');
    expect(error).toMatchObject({ retryable: false, headers: { 'x-should-retry': 'false' } });
  });

  test.each([
    [408, true],
    [409, true],
    [429, true],
    [500, true],
    [502, true],
    [503, true],
    [400, false],
    [401, false],
    [404, false],
    [422, false],
    [501, false],
  ])('with status %i may be retried: %s', (status, retryable) => {
    expect(errorFromText(status, '').retryable).toBe(retryable);
  });
});

test('keys among configured headers are taken out of what a backend repeats, other headers are not', () => {
  const keys = credentialsIn({
    authorization: 'Bearer provider-secret-1',
    'X-Api-Key': 'provider-secret-2',
    'anthropic-version': '2023-06-01',
    'x-token': 'short',
  });
  const text = 'no provider-secret-1, no provider-secret-2, version 2023-06-01, short';
  expect(withoutKeys(text, keys)).toBe('no [redacted], no [redacted], version 2023-06-01, short');
});
