import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { dataOf, deployment, type Json, stringOf, until } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite({
  models: [
    deployment('claude-sonnet', 'qwen3-30b-a3b'),
    deployment('shaky', 'fault/rst-0'),
    deployment('*', '*'),
  ],
  router: { fallbacks: [{ shaky: ['claude-sonnet'] }] },
});
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

afterEach(() => parts.llamaSwap.reset({ settings: true }));

const client = (apiKey = key): Anthropic =>
  new Anthropic({ baseURL: parts.gateway.url, apiKey, maxRetries: 0 });
const ask = (content: string) => ({
  model: 'claude-sonnet',
  max_tokens: 200,
  messages: [{ role: 'user' as const, content }],
});
const WEATHER: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const post = (fields: object, headers: Record<string, string> = {}) =>
  parts.gateway.http.ask('/v1/messages', { key, headers, body: { ...ask('echo:one two'), ...fields } });

describe("Anthropic's SDK", () => {
  test('gets its answer, with the model as it was asked for and a row of the right kind', async () => {
    const { data, response } = await client().messages.create(ask('echo:hello there')).withResponse();
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet',
      content: [{ type: 'text', text: 'hello there' }],
      stop_reason: 'end_turn',
    });
    const row = await parts.gateway.row(response.headers.get('x-litellm-call-id') ?? '');
    expect(row).toMatchObject({
      call_type: 'anthropic_messages',
      prompt_tokens: data.usage.input_tokens,
      completion_tokens: data.usage.output_tokens,
      model_group: 'claude-sonnet',
      status: 'success',
    });
    expect(Number(row.spend)).toBeCloseTo(
      data.usage.input_tokens * 1e-6 + data.usage.output_tokens * 2e-6,
      12,
    );
  });

  test('streams text, and what it counted is on the books', async () => {
    const stream = client().messages.stream(ask('echo:one two three'));
    const pieces: string[] = [];
    stream.on('text', (piece) => pieces.push(piece));
    const message = await stream.finalMessage();
    expect(pieces.join('')).toBe('one two three');
    expect(message).toMatchObject({ model: 'claude-sonnet', stop_reason: 'end_turn' });
    const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
    expect(await parts.gateway.row(message.id)).toMatchObject({
      prompt_tokens: truth?.promptTokens,
      completion_tokens: truth?.emittedTokens,
      metadata: { usage_estimated: false, streamed: true },
    });
  });

  test('thinks aloud in a block of its own', async () => {
    const message = await client().messages.stream(ask('why? /think')).finalMessage();
    expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
  });

  for (const isStreamed of [false, true]) {
    test(`calls a tool and uses its result, ${isStreamed ? 'streamed' : 'in one piece'}`, async () => {
      const said = async (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> => {
        const params = { ...ask(''), messages, tools: [WEATHER] };
        return isStreamed
          ? client().messages.stream(params).finalMessage()
          : client().messages.create(params);
      };
      const question = { role: 'user' as const, content: 'What is the weather in Oslo?' };
      const first = await said([question]);
      const call = first.content.find((block) => block.type === 'tool_use');
      expect(first.stop_reason).toBe('tool_use');
      expect(call).toMatchObject({ name: 'get_weather', input: { city: expect.any(String) } });
      const second = await said([
        question,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'Snow' }] },
      ]);
      expect(second.content).toMatchObject([{ type: 'text', text: 'According to the tool: Snow' }]);
    });
  }

  test('counts tokens, which costs nothing', async () => {
    const { model, messages } = ask('12345678');
    const { data, response } = await client().messages.countTokens({ model, messages }).withResponse();
    expect(data).toEqual({ input_tokens: 6 });
    const row = await parts.gateway.row(response.headers.get('x-litellm-call-id') ?? '');
    expect(row).toMatchObject({ call_type: 'acount_tokens', spend: 0 });
  });

  test('is answered by a fallback without noticing', async () => {
    const message = await client()
      .messages.stream({ ...ask('echo:still here'), model: 'shaky' })
      .finalMessage();
    expect(message.content).toMatchObject([{ type: 'text', text: 'still here' }]);
  });

  test('waits for a cold model, kept company by comments', async () => {
    await parts.llamaSwap.settings({ loadMs: 6_500, swap: 'on' });
    const message = await client()
      .messages.stream({ ...ask('echo:awake'), model: 'gemma3-27b' })
      .finalMessage();
    expect(message.content).toMatchObject([{ text: 'awake' }]);
  }, 30_000);

  test('knows its errors by their classes', async () => {
    await expect(client('sk-nobody-knows-this-key-0').messages.create(ask('x'))).rejects.toBeInstanceOf(
      Anthropic.AuthenticationError,
    );
    const narrow = await parts.gateway.key({ models: ['other'] });
    await expect(client(narrow).messages.create(ask('x'))).rejects.toBeInstanceOf(
      Anthropic.PermissionDeniedError,
    );
    await expect(client().messages.create({ ...ask('x'), messages: [] })).rejects.toMatchObject({
      status: 400,
      error: { type: 'error', error: { type: 'invalid_request_error', param: 'messages' } },
    });
    const poor = await parts.gateway.key({ max_budget: 1e-9 });
    await expect(client(poor).messages.create(ask('x'))).rejects.toMatchObject({
      status: 429,
      error: { error: { type: 'billing_error' } },
    });
  });

  test('sees an error in the middle of a stream as one', async () => {
    const stream = client().messages.stream({ ...ask('x'), model: 'fault/rst-3' });
    await expect(stream.finalMessage()).rejects.toMatchObject({
      error: { type: 'error', error: { type: 'api_error' } },
    });
  });
});

describe('/v1/messages', () => {
  test('brings every event as the upstream sent it but for the model', async () => {
    const { text, headers } = await post({ stream: true });
    const events = dataOf(text).map((data) => JSON.parse(data) as Json);
    expect(headers['content-type']).toMatch(/^text\/event-stream/);
    expect(events[0]?.message?.model).toBe('claude-sonnet');
    expect([...text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1])).toEqual(
      events.map(({ type }) => type),
    );
    expect(text).not.toContain('[DONE]');
    expect(stringOf(events.at(-1)?.type)).toBe('message_stop');
  });

  test('sends the prompt on as it came, with `metadata`, the version and the beta, and no key of ours', async () => {
    const version = { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'context-1m-2025-08-07' };
    await post({ metadata: { user_id: 'u1' }, litellm_metadata: { tags: ['a'] }, top_k: 5 }, version);
    const { headers, body } = await parts.llamaSwap.lastRequest();
    expect(JSON.parse(body)).toEqual({
      ...ask('echo:one two'),
      model: 'qwen3-30b-a3b',
      metadata: { user_id: 'u1' },
      top_k: 5,
    });
    expect(headers).toMatchObject(version);
    expect(JSON.stringify(headers)).not.toContain(key);
  });

  test('takes the key as `x-api-key`', async () => {
    const answer = await parts.gateway.http.ask('/v1/messages', {
      headers: { 'x-api-key': key },
      body: ask('echo:hi'),
    });
    expect(answer.status).toBe(200);
  });

  test('ends its request upstream when the client leaves, and charges what was made', async () => {
    await parts.llamaSwap.settings({ decodeMsPerToken: 50, answerTokens: 200 });
    const stream = client().messages.stream(ask('tell me a story'));
    await new Promise<void>((resolve) => {
      let seen = 0;
      stream.on('text', () => (seen += 1) === 3 && resolve());
    });
    const { _request_id: callId } = stream as unknown as { _request_id?: string | null };
    stream.abort();
    await stream.done().catch(() => undefined);
    const truth = await until('the upstream sees it', async () => {
      const [entry] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
      return entry?.closedBy === 'client' && entry;
    });
    const row = await parts.gateway.row(callId ?? truth.responseId ?? '');
    expect(row.status).toBe('failure');
    expect(Number(row.prompt_tokens)).toBe(truth.promptTokens);
    expect(Number(row.completion_tokens)).toBeGreaterThan(0);
    expect(Number(row.completion_tokens)).toBeLessThanOrEqual(truth.emittedTokens);
  });

  test('reserves no more than `max_tokens` may cost, so a small budget serves a small answer', async () => {
    const small = await parts.gateway.key({ max_budget: 0.001 });
    const answer = await parts.gateway.http.ask('/v1/messages', {
      key: small,
      body: { ...ask('echo:hi'), max_tokens: 10 },
    });
    expect(answer.status).toBe(200);
    const large = await parts.gateway.http.ask('/v1/messages', {
      key: small,
      body: { ...ask('echo:hi'), max_tokens: 10_000_000 },
    });
    expect(large.status).toBe(429);
  });

  test('swallows the telemetry of its clients', async () => {
    const answer = await parts.gateway.http.ask('/api/event_logging/batch', { key, body: { events: [{}] } });
    expect([answer.status, answer.json]).toEqual([200, { status: 'ok' }]);
  });
});
