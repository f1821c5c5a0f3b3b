import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import type OpenAI from 'openai';
import { suite, test } from '../harness/suite.ts';
import { clientOf, OPENAI_MAJORS } from './openai-clients.ts';

const parts = suite();
const CHAT: Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'> = {
  model: 'gpt-4',
  messages: [{ role: 'user', content: 'Say something.' }],
};

interface Seen {
  readonly status: number | undefined;
  readonly message: string;
  readonly code: string | null | undefined;
  readonly type: string | undefined;
  readonly requestID: string | null | undefined;
}

async function errorOf(work: Promise<unknown>): Promise<Seen> {
  try {
    await work;
  } catch (error) {
    return error as Seen;
  }
  throw new Error('no error came');
}

/** The gateway asks its upstream for models, too, whenever it likes. */
const match = { path: '/v1/chat/completions' };
const json = { 'Content-Type': 'application/json' };

/** What upstreams say, and what a client must be able to read from it. */
const ERRORS: readonly (readonly [string, object, { status: number; message: RegExp }])[] = [
  [
    'an envelope',
    {
      status: 400,
      headers: json,
      body: { error: { message: 'bad thing', type: 'invalid_request_error', code: 400 } },
    },
    { status: 400, message: /bad thing/ },
  ],
  [
    'a text in the envelope',
    { status: 400, headers: json, body: { error: 'bad words' } },
    { status: 400, message: /bad words/ },
  ],
  [
    'a flat message',
    { status: 422, headers: json, body: { message: 'flat words' } },
    { status: 422, message: /flat words/ },
  ],
  [
    'a detail',
    { status: 422, headers: json, body: { detail: 'detailed words' } },
    { status: 422, message: /detailed words/ },
  ],
  [
    'plain text',
    { status: 400, headers: { 'Content-Type': 'text/plain' }, body: 'plain words' },
    { status: 400, message: /plain words/ },
  ],
  ['nothing at all', { status: 502, headers: {}, body: '' }, { status: 502, message: /\w+ \w+/ }],
  [
    'HTML',
    { status: 500, headers: { 'Content-Type': 'text/html' }, body: '<html><h1>Oops</h1></html>' },
    { status: 500, message: /^(?!.*<html>)/ },
  ],
];

describe.each(OPENAI_MAJORS)('%s', (_name, Client) => {
  let client: OpenAI;
  let patient: OpenAI;

  beforeAll(async () => {
    const key = await parts.gateway.key({});
    client = clientOf(Client, parts.gateway, { key });
    patient = clientOf(Client, parts.gateway, { key, maxRetries: 2 });
  });

  afterEach(() => parts.llamaSwap.reset({ settings: true }));

  for (const [name, script, wanted] of ERRORS) {
    test(`reads the error when the upstream answers with ${name}`, async () => {
      await parts.llamaSwap.next({ ...script, match });
      const error = await errorOf(client.chat.completions.create(CHAT));
      expect(error.status).toBe(wanted.status);
      expect(error.message).toMatch(wanted.message);
      expect(error.message).not.toContain('no body');
      expect(typeof error.type).toBe('string');
      expect(error.code === null || typeof error.code === 'string').toBe(true);
    });
  }

  test('learns that the context is too small by the code that LangChain looks for', async () => {
    const error = await errorOf(client.chat.completions.create({ ...CHAT, model: 'fault/context' }));
    expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });

  test('sees the classes of its own mistakes', async () => {
    const wrong = clientOf(Client, parts.gateway, { key: 'sk-not-a-key-at-all-0123456789' });
    const narrow = clientOf(Client, parts.gateway, {
      key: await parts.gateway.key({ models: ['gpt-3.5-turbo'] }),
    });
    expect(await errorOf(wrong.chat.completions.create(CHAT))).toMatchObject({ status: 401 });
    expect(await errorOf(narrow.chat.completions.create(CHAT))).toMatchObject({
      status: 403,
      type: 'key_model_access_denied',
    });
    expect(await errorOf(client.chat.completions.create({ ...CHAT, messages: [] }))).toMatchObject({
      status: 400,
    });
    expect((await errorOf(client.models.retrieve('no-such-model'))).status).toBe(404);
  });

  test('finds the request id on an error', async () => {
    const error = await errorOf(client.chat.completions.create({ ...CHAT, messages: [] }));
    expect(error.requestID ?? (error as { request_id?: string }).request_id).toMatch(/\S/);
  });

  test('throws when the stream breaks in the middle', async () => {
    for (const fault of ['error-mid-3', 'errorline-3', 'rst-3', 'fin-3']) {
      const stream = await client.chat.completions.create({ ...CHAT, model: `fault/${fault}`, stream: true });
      let text = '';
      const error = await errorOf(
        (async () => {
          for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
        })(),
      );
      expect(text).not.toBe('');
      expect(error.message).toMatch(/\w/);
    }
  });

  test('asks again after 429 with Retry-After and then succeeds', async () => {
    await parts.llamaSwap.next({ status: 429, headers: { 'Retry-After': '1' }, match });
    const startedAt = performance.now();
    const answer = await patient.chat.completions.create(CHAT);
    expect(answer.choices).toHaveLength(1);
    expect(performance.now() - startedAt).toBeGreaterThan(900);
  });

  test('asks three times where the upstream is unavailable', async () => {
    await parts.llamaSwap.next({ status: 503, times: 3, match });
    const error = await errorOf(patient.chat.completions.create(CHAT));
    expect(error.status).toBe(503);
    const calls = await parts.llamaSwap.truth();
    expect(calls.filter(({ path }) => path.endsWith('/chat/completions'))).toHaveLength(3);
  });

  test('does not ask again once its budget is spent', async () => {
    const key = await parts.gateway.key({ max_budget: 0.000001 });
    const spent = clientOf(Client, parts.gateway, { key, maxRetries: 2 });
    await spent.chat.completions.create(CHAT);
    const startedAt = performance.now();
    const error = await errorOf(spent.chat.completions.create(CHAT));
    expect(error).toMatchObject({ status: 429, type: 'budget_exceeded' });
    expect(performance.now() - startedAt).toBeLessThan(900);
  });
});
