import { describe, expect, test } from '@jest/globals';
import { NO_WISHES, wishesOf } from './routing-wishes.js';

describe('what a request wishes of its routing', () => {
  test('is nothing where it says nothing, and costs no object', () => {
    expect(wishesOf({}, { model: 'gpt-4', fallbacks: null })).toBe(NO_WISHES);
  });

  test('may name fallbacks, by name or as objects with a model', () => {
    expect(wishesOf({}, { fallbacks: ['a', { model: 'b' }] }).fallbacks).toEqual(['a', 'b']);
    expect(wishesOf({}, { context_window_fallbacks: ['c'] }).contextWindowFallbacks).toEqual(['c']);
  });

  test.each([['a'], [[1]], [[{ model: 'a', messages: [] }]], [['']], [[{}]], [Array(21).fill('a')]])(
    'is refused where fallbacks are %j',
    (fallbacks) => {
      expect(() => wishesOf({}, { fallbacks })).toThrow(
        expect.objectContaining({ status: 400, param: 'fallbacks' }),
      );
    },
  );

  test('switches fallbacks off', () => {
    expect(wishesOf({}, { disable_fallbacks: true, fallbacks: ['a'] }).fallbacks).toEqual([]);
  });

  test.each([
    [{ num_retries: 0 }, {}, 0],
    [{ max_retries: 1 }, {}, 1],
    [{ num_retries: 3 }, { 'x-litellm-num-retries': '1' }, 1],
    [{ num_retries: 1_000_000 }, {}, 10],
    [{ num_retries: -1 }, {}, null],
    [{ num_retries: 1.5 }, {}, null],
    [{}, { 'x-litellm-num-retries': 'many' }, null],
  ])('retries of %j under %j: %s', (body, headers, count) => {
    expect(wishesOf(headers, body).numRetries).toBe(count);
  });

  test('gives the time for the first content in seconds', () => {
    expect(wishesOf({ 'x-litellm-stream-timeout': '1.5' }, {}).streamTimeoutMs).toBe(1_500);
    expect(wishesOf({}, { stream_timeout: 2 }).streamTimeoutMs).toBe(2_000);
    expect(wishesOf({}, { stream_timeout: -2 }).streamTimeoutMs).toBeNull();
  });

  test('names its session in a header, a field, or its metadata', () => {
    expect(wishesOf({ 'x-litellm-session-id': 'h' }, { litellm_session_id: 'b' }).session).toBe('h');
    expect(wishesOf({}, { metadata: { session_id: 'm' } }).session).toBe('m');
  });
});
