import { describe, expect, test } from '@jest/globals';
import { configFrom, problemsFrom } from './testing.js';

const read = (settings: string) => configFrom(`litellm_settings: {${settings}}`);

describe('the cache of answers', () => {
  test('is off unless it is switched on', () => {
    expect(read('cache_params: {type: local}').litellm.cache).toBeNull();
    expect(read('cache: true, cache_params: {supported_call_types: []}').litellm.cache).toBeNull();
    expect(read('cache: true').litellm.cache).toMatchObject({
      store: 'memory',
      ttlMs: 600_000,
      isOptIn: false,
      sharedBy: 'key',
      maxBytes: 64 * 1024 * 1024,
    });
  });

  test('takes what LiteLLM calls its kinds of calls, and says which it does not keep', () => {
    const { litellm, warnings } = read(
      'cache: true, cache_params: {supported_call_types: [completion, aembedding, atranscription]}',
    );
    expect(litellm.cache?.callTypes).toEqual(['acompletion', 'aembedding']);
    expect(warnings.join()).toContain('Answers of this kind are not kept');
  });

  test('of Redis is one of PostgreSQL, and its address needs no problem', () => {
    const { litellm, warnings } = read(
      'cache: true, cache_params: {type: redis, host: redis, port: 6379, ttl: 1h}',
    );
    expect(litellm.cache).toMatchObject({
      store: 'postgres',
      ttlMs: 3_600_000,
      maxBytes: 1024 * 1024 * 1024,
    });
    expect(warnings.join('\n')).toMatch(
      /cache_params\.type: .*PostgreSQL[\s\S]*cache_params\.host: LiteLLM has/,
    );
  });

  test.each(['mode: often', 'shared_by: nobody', 'ttl: long', 'max_size_mb: 0'])(
    '%s is a problem',
    (params) => {
      const name = params.split(':')[0] ?? '';
      expect(problemsFrom(`litellm_settings: {cache: true, cache_params: {${params}}}`)).toMatchObject([
        { path: `litellm_settings.cache_params.${name}` },
      ]);
    },
  );
});
