import { describe, expect, test } from '@jest/globals';
import { readListing } from './catalogue.js';

describe('reading what an upstream lists', () => {
  test('a listing of llama-swap with capabilities, context and state', () => {
    const listing = readListing({
      object: 'list',
      data: [
        {
          id: 'qwen3',
          object: 'model',
          created: 1787400000,
          owned_by: 'llama-swap',
          capabilities: { vision: true, function_calling: true, reranker: false },
          context_length: 32000,
          meta: { llamaswap: { type: 'model' }, n_ctx: 16000 },
          status: { value: 'loaded' },
        },
      ],
    });
    expect(listing?.get('qwen3')).toEqual({
      id: 'qwen3',
      capabilities: new Set(['vision', 'function_calling']),
      contextLength: 32000,
      meta: { llamaswap: { type: 'model' }, n_ctx: 16000 },
      status: 'loaded',
    });
  });

  test('a listing of an older build tells nothing but the names', () => {
    const listing = readListing({
      object: 'list',
      data: [{ id: 'qwen3', object: 'model', created: 1787400000, owned_by: 'llama-swap' }],
    });
    expect(listing?.get('qwen3')).toEqual({
      id: 'qwen3',
      capabilities: null,
      contextLength: null,
      meta: null,
      status: null,
    });
  });

  test('llama.cpp tells the context in meta, which may also be null', () => {
    const listing = readListing({
      models: [],
      data: [
        { id: 'a', meta: { n_ctx: 8192 } },
        { id: 'b', meta: null },
      ],
    });
    expect(listing?.get('a')?.contextLength).toBe(8192);
    expect(listing?.get('b')?.contextLength).toBeNull();
  });

  test('a bare array is a listing', () => {
    expect([...(readListing([{ id: 'a' }])?.keys() ?? [])]).toEqual(['a']);
  });

  test.each([[null], ['text'], [{}], [{ data: {} }], [{ error: { message: 'no' } }]])(
    '%j is no listing',
    (answer) => {
      expect(readListing(answer)).toBeNull();
    },
  );

  test('entries that name no usable model are left out, the rest stays', () => {
    const listing = readListing([
      null,
      7,
      {},
      { id: 7 },
      { id: '' },
      { id: 'a b' },
      { id: 'a\u0000' },
      { id: 'x'.repeat(257) },
      { id: 'good' },
    ]);
    expect([...(listing?.keys() ?? [])]).toEqual(['good']);
  });

  test('values of the wrong kind are as good as missing', () => {
    const listing = readListing([
      { id: 'a', capabilities: ['tools'], context_length: '32k', meta: 1, status: 'loaded' },
    ]);
    expect(listing?.get('a')).toEqual({
      id: 'a',
      capabilities: null,
      contextLength: null,
      meta: null,
      status: null,
    });
  });

  test('a listing without end is cut at 2,000 models', () => {
    expect(readListing(Array.from({ length: 5_000 }, (_, index) => ({ id: `m${index}` })))?.size).toBe(2_000);
  });
});
