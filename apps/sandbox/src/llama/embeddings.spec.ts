import { describe, expect, test } from '@jest/globals';
import { at, clientOf, json } from '../../test/client.js';
import { startLlamaSwap } from '../llama-swap.js';

const client = clientOf(startLlamaSwap);

const embed = (input: unknown, more: object = {}) =>
  client.post('/v1/embeddings', { model: 'bge-m3', input, ...more });
const vector = async (input: unknown) => at(json(await embed(input)), 'data.0.embedding') as number[];

describe('/v1/embeddings', () => {
  test('gives a unit vector of 1024 numbers', async () => {
    const numbers = await vector('hello');
    expect(numbers).toHaveLength(1024);
    expect(Math.hypot(...numbers)).toBeCloseTo(1, 5);
  });

  test('gives the same text the same vector and another text another', async () => {
    expect(await vector('a')).toEqual(await vector('a'));
    expect(await vector('a')).not.toEqual(await vector('b'));
  });

  test('echoes the name that was asked for', async () => {
    expect(json(await embed('x'))).toMatchObject({ model: 'bge-m3', object: 'list' });
  });

  test('packs the same numbers as little-endian float32 in base64, and says so', async () => {
    const item = at(json(await embed('hello', { encoding_format: 'base64' })), 'data.0');
    const bytes = Buffer.from(at(item, 'embedding') as string, 'base64');
    const numbers = Array.from({ length: 1024 }, (_, index) => bytes.readFloatLE(index * 4));
    expect([at(item, 'encoding_format'), numbers]).toEqual(['base64', await vector('hello')]);
  });

  test.each([
    ['a string', '12345678', 1, 2],
    ['strings', ['1234', '5678'], 2, 2],
    ['token ids', [1, 2, 3], 1, 3],
    ['lists of token ids', [[1, 2], [3]], 2, 3],
  ])('takes %s', async (_kind, input, items, tokens) => {
    const reply = json(await embed(input));
    expect(at(reply, 'data')).toHaveLength(items);
    expect(at(reply, 'usage')).toEqual({ prompt_tokens: tokens, total_tokens: tokens });
  });

  test.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['an empty list', []],
    ['an object', { a: 1 }],
    ['a mix', ['a', 1]],
  ])('refuses %s', async (_kind, input) => {
    expect((await embed(input)).status).toBe(400);
  });

  test('fails with 500 on an input beyond the batch, as llama.cpp does', async () => {
    await client.settings({ contextTokens: 4 });
    const reply = await embed('x'.repeat(100));
    expect([reply.status, reply.text]).toEqual([500, expect.stringContaining('too large to process')]);
  });

  test('has as many dimensions as the settings say', async () => {
    await client.settings({ embeddingDimensions: 3 });
    expect(await vector('hello')).toHaveLength(3);
  });

  test('is not for chat models', async () => {
    const reply = await embed('hi', { model: 'qwen3-30b-a3b' });
    expect([reply.status, at(json(reply), 'error.type')]).toEqual([501, 'not_supported_error']);
  });
});

describe('/v1/rerank', () => {
  const body = {
    model: 'bge-reranker-v2-m3',
    query: 'where is the railway station',
    documents: ['bread recipes', 'the railway station is north', 'a station'],
  };

  test.each(['/v1/rerank', '/v1/reranking', '/rerank', '/reranking'])(
    '%s sorts by relevance',
    async (path) => {
      const reply = json(await client.post(path, body));
      const results = at(reply, 'results') as { index: number; relevance_score: number }[];
      expect(results.map((result) => result.index)).toEqual([1, 2, 0]);
      const scores = results.map((result) => result.relevance_score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(at(reply, 'model')).toBe('bge-reranker-v2-m3');
    },
  );

  test('keeps the best when asked for fewer', async () => {
    const results = at(json(await client.post('/v1/rerank', { ...body, top_n: 1 })), 'results');
    expect(results).toMatchObject([{ index: 1 }]);
  });

  test('answers texts in the other form, a bare list', async () => {
    const { documents, ...rest } = body;
    const reply = json(await client.post('/rerank', { ...rest, texts: documents, return_text: true }));
    expect(at(reply, '0')).toMatchObject({ index: 1, text: 'the railway station is north' });
    expect(at(reply, '0.score')).toBeDefined();
  });

  test('refuses an empty list', async () => {
    expect((await client.post('/v1/rerank', { ...body, documents: [] })).status).toBe(400);
  });

  test('is not for chat models', async () => {
    expect((await client.post('/v1/rerank', { ...body, model: 'gemma3-27b' })).status).toBe(501);
  });
});
