import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { type Json, listOf, stringOf, UPSTREAM_KEY } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite({ general: { user_header_name: 'x-end-user' } });
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

afterEach(() => parts.llamaSwap.reset({ settings: true }));

async function upstreamBody(): Promise<Json> {
  return JSON.parse((await parts.llamaSwap.lastRequest()).body) as Json;
}

describe('a request for a chat', () => {
  test('takes fields that nobody here knows to the upstream as they are', async () => {
    const fields = {
      chat_template_kwargs: { enable_thinking: false },
      top_k: 40,
      min_p: 0.05,
      something_of_tomorrow: { deep: [1, { er: null }] },
      parallel_tool_calls: true,
    };
    expect((await parts.gateway.chat(fields, { key })).status).toBe(200);
    expect(await upstreamBody()).toMatchObject(fields);
  });

  test('takes numbers and texts to the upstream byte by byte', async () => {
    const exact = '"seed":12345678901234567890,"x":1.0,"y":1e2,"z":"\\u00e9\\/"';
    const body = `{"model":"gpt-4",${exact},"messages":[{"role":"user","content":"x"}]}`;
    expect((await parts.gateway.ask('/v1/chat/completions', { key, body })).status).toBe(200);
    expect((await parts.llamaSwap.lastRequest()).body).toContain(exact);
  });

  test('keeps its own fields here', async () => {
    const own = {
      metadata: { tags: ['a'] },
      litellm_metadata: { trace_id: 't' },
      tags: ['b'],
      num_retries: 1,
      timeout: 30,
    };
    expect((await parts.gateway.chat(own, { key })).status).toBe(200);
    const sent = await upstreamBody();
    for (const name of Object.keys(own)) expect(sent).not.toHaveProperty(name);
  });

  test('shows the upstream its own credential and nothing of the client', async () => {
    await parts.gateway.chat(
      {},
      {
        key,
        headers: {
          cookie: 'session=1',
          'x-forwarded-for': '203.0.113.9',
          'openai-organization': 'org-1',
          'x-litellm-tags': 'secret-tag',
          'x-stainless-lang': 'js',
          accept: 'text/html',
        },
      },
    );
    const { headers, rawHeaders } = await parts.llamaSwap.lastRequest();
    expect(headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`);
    expect(headers.accept).toMatch(/application\/json/);
    expect(rawHeaders.join('\n')).not.toContain(key);
    for (const name of [
      'cookie',
      'x-forwarded-for',
      'openai-organization',
      'x-litellm-tags',
      'x-stainless-lang',
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  test('answers with as many choices as asked for, and all of them are paid', async () => {
    const answer = await parts.gateway.chat({ n: 3 }, { key });
    const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
    expect(listOf(answer.json?.choices).map(({ index }) => index)).toEqual([0, 1, 2]);
    const row = await parts.gateway.row(stringOf(answer.json?.id));
    expect(row.completion_tokens).toBe(truth?.emittedTokens);
  });

  test('carries pictures', async () => {
    const url = `data:image/png;base64,${'iVBORw0KGgo'.repeat(20_000)}`;
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url, detail: 'auto' } },
    ];
    const answer = await parts.gateway.chat(
      { model: 'gemma3-27b', messages: [{ role: 'user', content }] },
      { key },
    );
    expect(answer.json?.choices?.[0]?.message?.content).toMatch(/I see 1 image/);
  });

  test('brings the reasoning of a model that thinks', async () => {
    const answer = await parts.gateway.chat({ model: 'gpt-oss-120b' }, { key });
    expect(answer.json?.choices?.[0]?.message?.reasoning_content).toMatch(/\w/);
  });

  test('takes null for what it leaves open', async () => {
    const answer = await parts.gateway.chat(
      { temperature: null, max_tokens: null, stream: null, user: null },
      { key },
    );
    expect(answer.status).toBe(200);
  });

  test('names its end user by header or body for the row', async () => {
    const byBody = await parts.gateway.chat({ user: 'from-body' }, { key });
    const byHeader = await parts.gateway.chat(
      { user: 'from-body' },
      { key, headers: { 'x-end-user': 'from-header' } },
    );
    expect((await parts.gateway.row(stringOf(byBody.json?.id))).end_user).toBe('from-body');
    expect((await parts.gateway.row(stringOf(byHeader.json?.id))).end_user).toBe('from-header');
  });

  test('puts its tags into the row', async () => {
    const answer = await parts.gateway.chat(
      { metadata: { tags: ['one'] } },
      { key, headers: { 'x-litellm-tags': 'two, three' } },
    );
    const row = await parts.gateway.row(stringOf(answer.json?.id));
    expect(listOf(row.request_tags)).toEqual(expect.arrayContaining(['one', 'two', 'three']));
  });
});

describe('a request for vectors', () => {
  const ask = (fields: object) =>
    parts.gateway.ask('/v1/embeddings', { key, body: { model: 'bge-m3', input: 'one', ...fields } });

  test('gets floats unless it says base64', async () => {
    const answer = await ask({});
    const vector = listOf(answer.json?.data?.[0]?.embedding);
    expect(vector).toHaveLength(1_024);
    expect(typeof vector[0]).toBe('number');
  });

  test('gets base64 of the same 32-bit floats when it does', async () => {
    const [plain, packed] = [await ask({}), await ask({ encoding_format: 'base64' })];
    const bytes = Buffer.from(stringOf(packed.json?.data?.[0]?.embedding), 'base64');
    expect(bytes).toHaveLength(4 * 1_024);
    expect(bytes.readFloatLE(28)).toBeCloseTo(Number(plain.json?.data?.[0]?.embedding?.[7]), 5);
  });

  test('is recorded with its prompt tokens alone', async () => {
    const answer = await parts.gateway.ask('/v1/embeddings', {
      key,
      body: { model: 'bge-m3', input: ['one', 'two'] },
      headers: { 'x-litellm-call-id': 'vectors-1' },
    });
    const [truth] = await parts.llamaSwap.truth({ model: 'bge-m3' });
    expect(answer.json?.usage?.prompt_tokens).toBe(truth?.promptTokens);
    expect(await parts.gateway.row('vectors-1')).toMatchObject({
      call_type: 'aembedding',
      prompt_tokens: truth?.promptTokens,
      completion_tokens: 0,
    });
  });

  test('to a chat model is refused by the upstream, and the client sees its reason', async () => {
    const answer = await ask({ model: 'qwen3-30b-a3b' });
    expect(answer.status).toBe(501);
    expect(answer.json?.error?.message).toMatch(/embedding/i);
  });
});
