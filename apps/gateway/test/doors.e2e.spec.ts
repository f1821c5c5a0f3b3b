import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import OpenAI from 'openai';
import { clientOf } from './clients/openai-clients.ts';
import { dataOf, deployment, type Json, listOf } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite({
  models: [
    deployment('gpt-4', 'qwen3-30b-a3b'),
    deployment('ranker', 'bge-reranker-v2-m3'),
    deployment('painter', 'sd-turbo', { input_cost_per_request: 0.04 }),
    deployment('*', '*'),
  ],
});
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

afterEach(() => parts.llamaSwap.reset({ settings: true }));

const client = (): OpenAI => clientOf(OpenAI, parts.gateway, { key });
const ask = (path: string, body: object) => parts.gateway.http.ask(path, { key, body });
const rowOf = (headers: Readonly<Record<string, string>>) =>
  parts.gateway.row(headers['x-litellm-call-id'] ?? '');

describe('rerank', () => {
  const body = { model: 'ranker', query: 'red apples', documents: ['blue sea', 'red apples'], top_n: 1 };

  for (const path of ['/v1/rerank', '/rerank', '/v2/rerank']) {
    test(`puts the fitting document first at ${path}`, async () => {
      const { status, json, headers } = await ask(path, body);
      expect([status, json?.model]).toEqual([200, 'ranker']);
      expect(listOf(json?.results)).toMatchObject([{ index: 1, relevance_score: expect.any(Number) }]);
      expect(await rowOf(headers)).toMatchObject({
        call_type: 'arerank',
        prompt_tokens: json?.usage?.prompt_tokens,
      });
    });
  }

  test('names what is missing', async () => {
    const { status, json } = await ask('/v1/rerank', { model: 'ranker', query: 'x' });
    expect([status, json?.error?.param]).toEqual([400, 'documents']);
  });

  test('of a model that cannot is refused by the backend in its own words', async () => {
    expect((await ask('/v1/rerank', { ...body, model: 'gpt-4' })).status).toBe(501);
  });
});

describe('images', () => {
  test('are drawn and charged by the request', async () => {
    const { data, response } = await client()
      .images.generate({ model: 'painter', prompt: 'a red apple', n: 2 })
      .withResponse();
    expect(data.data).toHaveLength(2);
    expect(await parts.gateway.row(response.headers.get('x-litellm-call-id') ?? '')).toMatchObject({
      call_type: 'aimage_generation',
      spend: 0.04,
    });
  });
});

describe('a picture to change', () => {
  const picture = new File([Buffer.from('not really a picture')], '../x.png', { type: 'image/png' });

  test('goes on as it came, with the model by its own name', async () => {
    const { data, response } = await client()
      .images.edit({ model: 'painter', prompt: 'make it blue', image: picture, n: 1 })
      .withResponse();
    expect(data.data).toHaveLength(1);
    const { body, headers } = await parts.llamaSwap.lastRequest();
    expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(body).toContain('not really a picture');
    expect(body).toMatch(/name="model"\r\n\r\nsd-turbo/);
    expect(body).not.toMatch(/painter|x\.png/);
    expect(await parts.gateway.row(response.headers.get('x-litellm-call-id') ?? '')).toMatchObject({
      call_type: 'aimage_edit',
      spend: 0.04,
    });
  });

  test('has to be there', async () => {
    const form = new FormData();
    form.set('model', 'painter');
    form.set('prompt', 'x');
    const answer = await fetch(`${parts.gateway.url}/v1/images/edits`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: form,
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param: 'image' } });
  });

  test('in a form without a boundary is refused', async () => {
    for (const boundary of ['boundary=', 'xboundary=a']) {
      const type = `multipart/form-data; ${boundary}`;
      const answer = await fetch(`${parts.gateway.url}/v1/images/edits`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': type },
        body: '--\r\n',
      });
      expect([boundary, answer.status]).toEqual([boundary, 400]);
    }
  });
});

describe('/utils', () => {
  test('estimates tokens, without asking a model', async () => {
    await parts.llamaSwap.reset();
    const messages = [{ role: 'user', content: '12345678' }];
    const { status, json } = await ask('/utils/token_counter', { model: 'gpt-4', messages });
    expect([status, json]).toEqual([
      200,
      {
        total_tokens: 6,
        request_model: 'gpt-4',
        model_used: 'qwen3-30b-a3b',
        tokenizer_type: 'estimate',
      },
    ]);
    expect(await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' })).toEqual([]);
    expect((await ask('/utils/token_counter', { model: 'gpt-4' })).status).toBe(400);
  });

  test('tells the parameters of a model that the key may use', async () => {
    const { json } = await parts.gateway.http.ask('/utils/supported_openai_params?model=gpt-4', { key });
    expect(json?.supported_openai_params).toEqual(expect.arrayContaining(['temperature', 'tools']));
    const narrow = await parts.gateway.key({ models: ['other'] });
    const refused = await parts.gateway.http.ask('/utils/supported_openai_params?model=gpt-4', {
      key: narrow,
    });
    expect(refused.status).toBe(403);
  });
});

describe('moderations', () => {
  test('of a backend that has none end with its 404', async () => {
    const { status, json } = await ask('/v1/moderations', { model: 'gpt-4', input: 'x' });
    expect([status, json?.error?.type]).toEqual([404, 'upstream_error']);
  });

  test('without the name of a model, where none moderates, are refused by name', async () => {
    const { status, json } = await ask('/v1/moderations', { input: 'x' });
    expect([status, json?.error?.param]).toEqual([400, 'model']);
    expect(json?.error?.message).toContain('no model here has the mode `moderation`');
  });
});

describe('/infill', () => {
  const body = { model: 'qwen3-30b-a3b', input_prefix: 'a(', input_suffix: ')', n_predict: 6 };

  test('fills the gap and is metered', async () => {
    const { status, json, headers } = await ask('/infill', body);
    expect([status, json?.tokens_predicted]).toEqual([200, 6]);
    expect(await rowOf(headers)).toMatchObject({
      completion_tokens: 6,
      prompt_tokens: json?.tokens_evaluated,
    });
  });

  test('streams to its last piece', async () => {
    const { text, headers } = await ask('/infill', { ...body, stream: true });
    const events = dataOf(text).map((data) => JSON.parse(data) as Json);
    expect(events.at(-1)).toMatchObject({ stop: true, tokens_predicted: 6 });
    expect(await rowOf(headers)).toMatchObject({ completion_tokens: 6 });
  });
});
