import { describe, expect, test } from '@jest/globals';
import { LLAMA_SETTINGS, type Generation } from './llama-settings.js';
import { swapError, type Refusal } from './swap-errors.js';

const JSON_TYPE = 'application/json';

function refusal(generation: Generation, name: Refusal, accept = JSON_TYPE) {
  return swapError(name, accept, { ...LLAMA_SETTINGS, generation });
}

describe('swapError', () => {
  test.each([
    ['v217', 'unknown-model', 400],
    ['v217', 'start-failed', 502],
    ['v217', 'too-many', 429],
    ['v250', 'unknown-model', 404],
    ['v250', 'no-model', 404],
    ['v250', 'start-failed', 500],
    ['latest', 'unauthorized', 401],
    ['latest', 'unloaded', 500],
  ] as const)('of %s answers %s with %d', (generation, name, status) => {
    expect(refusal(generation, name).status).toBe(status);
  });

  test('of v217 is JSON only for those who accept it', () => {
    expect(refusal('v217', 'unknown-model').body).toMatch(/^\{"error":"/);
    expect(refusal('v217', 'unknown-model', '*/*').body).toMatch(/^could not find suitable/);
  });

  test('of v217 is plain text for overload and failed starts, whatever is accepted', () => {
    expect(refusal('v217', 'too-many').body).toBe('Too many requests');
    expect(refusal('v217', 'start-failed').body).toMatch(/^unable to start process: /);
  });

  test('of v250 has a string for an error and says whose it is', () => {
    expect(JSON.parse(refusal('v250', 'unknown-model').body)).toEqual({
      src: 'llama-swap',
      error: expect.any(String),
    });
    expect(refusal('v250', 'too-many').body).toBe('{"error":"Too many requests"}');
  });

  test('of the latest build has the full envelope', () => {
    expect(JSON.parse(refusal('latest', 'too-many').body)).toEqual({
      src: 'llama-swap',
      error: {
        message: 'Too many requests',
        type: 'rate_limit_error',
        param: null,
        code: 'concurrency_limit',
      },
    });
  });

  test.each(['v250', 'latest'] as const)('of %s is text or a page for those who want that', (generation) => {
    expect(refusal(generation, 'no-model', 'text/plain').body).toMatch(/^llama-swap: /);
    expect(refusal(generation, 'no-model', 'text/html').headers).toContain('text/html; charset=utf-8');
  });

  test('asks for a second of patience, except in v217', () => {
    expect(refusal('v250', 'too-many').headers.join()).toContain('Retry-After,1');
    expect(refusal('v217', 'too-many').headers.join()).not.toContain('Retry-After');
  });

  test('asks for credentials when they are missing', () => {
    expect(refusal('v250', 'unauthorized').headers.join()).toContain(
      'WWW-Authenticate,Basic realm="llama-swap"',
    );
  });
});
