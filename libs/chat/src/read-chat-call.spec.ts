import { describe, expect, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { type GatewayRequest, type JsonObject, LiveCalls, parseJsonBody } from '@app/call';
import { DoorRequests } from '@app/pipeline';
import { aCaller } from '@testing/call';
import { aConfigStore } from '@testing/config';
import { type CallKind, CHAT, COMPLETION, EMBEDDING } from './call-kinds.js';
import { readChatCall } from './read-chat-call.js';
import { TextRequests } from './text-requests.js';

const MESSAGES = [{ role: 'user', content: 'Hi' }];

interface Given {
  readonly kind?: CallKind;
  readonly models?: readonly string[];
  readonly path?: string;
  readonly pathModel?: string;
  readonly headers?: Record<string, string>;
  readonly allowMockRequests?: boolean;
  readonly alwaysShowsUsage?: boolean;
}

function read(body: JsonObject, given: Given = {}) {
  const req = {
    callId: 'call-1',
    caller: aCaller({ tags: ['team'], models: given.models ?? [] }),
    path: given.path ?? '/v1/chat/completions',
    headers: given.headers ?? {},
    receivedAtMs: performance.now(),
  } as unknown as GatewayRequest;
  return readChatCall(req, parseJsonBody(Buffer.from(JSON.stringify(body))), {
    kind: given.kind ?? CHAT,
    pathModel: given.pathModel ?? null,
    allowMockRequests: given.allowMockRequests ?? false,
    alwaysShowsUsage: given.alwaysShowsUsage ?? false,
    userHeaderName: null,
    clientAddress: '127.0.0.1',
    signal: new AbortController().signal,
  });
}
const chat = (fields: JsonObject, given?: Given) =>
  read({ model: 'gpt-4', messages: MESSAGES, ...fields }, given);

test('the configuration shows the usage of every stream, and leaves out what a provider does not know', () => {
  expect(chat({ stream: true }).wantsUsage).toBe(false);
  expect(chat({ stream: true }, { alwaysShowsUsage: true }).wantsUsage).toBe(true);
  const config = aConfigStore({ litellm: { dropParams: true } });
  const requests = new TextRequests(new DoorRequests(new LiveCalls(), config), config);
  const req = { params: {}, headers: {}, socket: {}, caller: aCaller(), path: '/v1/chat/completions' };
  const options = { ...requests.optionsOf(CHAT, req as never, new EventEmitter() as never) };
  const body = parseJsonBody(Buffer.from(JSON.stringify({ model: 'gpt-4', messages: MESSAGES })));
  const call = requests.callOf(req as never, body, options);
  expect(call.body.object['drop_params']).toBe(true);
  expect(call.body.bytes).toBe(body.bytes);
});

test('a key that is limited to models names no others for a provider to choose from', () => {
  const others = { models: ['openai/gpt-5'] };
  expect(chat(others).body.object).toMatchObject(others);
  expect(() => chat(others, { models: ['gpt-4'] })).toThrow('no others in `models`');
});

describe('a chat request', () => {
  test('is read, and what the gateway does not know stays in the body', () => {
    const call = chat({
      stream: true,
      stream_options: { include_usage: true },
      chat_template_kwargs: { a: 1 },
      temperature: null,
    });
    expect(call).toMatchObject({ model: 'gpt-4', stream: true, wantsUsage: true, type: 'acompletion' });
    expect(call.body.object).toHaveProperty('chat_template_kwargs');
    expect(call.ownFields.has('chat_template_kwargs')).toBe(false);
  });

  test('takes its model from the path where the path names one', () => {
    expect(chat({}, { pathModel: 'org/model' }).model).toBe('org/model');
  });

  test.each([
    [{ model: null }, 'model'],
    [{ model: '' }, 'model'],
    [{ model: ['a'] }, 'model'],
    [{ model: '*' }, 'model'],
    [{ model: 'x'.repeat(1_000) }, 'model'],
    [{ model: 'a\u0000b' }, 'model'],
    [{ messages: 'Hi' }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: ['Hi'] }, 'messages'],
    [{ stream: 'yes' }, 'stream'],
    [{ max_tokens: 1e12 }, 'max_tokens'],
    [{ max_tokens: -1 }, 'max_tokens'],
    [{ max_tokens: 1.5 }, 'max_tokens'],
    [{ max_completion_tokens: '12' }, 'max_completion_tokens'],
    [{ n: 1000 }, 'n'],
    [{ n: 0 }, 'n'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ logprobs: 1e6 }, 'logprobs'],
    [{ api_base: 'http://evil' }, 'api_base'],
    [{ base_url: 'http://evil' }, 'base_url'],
    [{ api_key: 'x' }, 'api_key'],
    [{ custom_llm_provider: 'x' }, 'custom_llm_provider'],
    [{ extra_headers: {} }, 'extra_headers'],
    [{ aws_secret_access_key: 'x' }, 'aws_secret_access_key'],
    [{ vertex_project: 'x' }, 'vertex_project'],
    [{ litellm_metadata: { api_base: 'x' } }, 'litellm_metadata.api_base'],
    // Go reads these as `model`, `max_tokens` and `stream`, and takes the last of two.
    [{ Model: 'another' }, 'Model'],
    [{ MAX_TOKENS: 1_000_000 }, 'MAX_TOKENS'],
    [{ '\u017ftream': true }, '\u017ftream'],
    [{ mock_response: 'x' }, 'mock_response'],
  ] as [JsonObject, string][])('with %j is refused by name', (fields, param) => {
    expect(() => chat(fields)).toThrow(expect.objectContaining({ status: 400, param }));
  });

  test('may have metadata with names that are refused at the root', () => {
    expect(chat({ metadata: { api_base: 'just a word' } }).model).toBe('gpt-4');
  });

  test('carries the tags of header, body and key, once each', () => {
    const call = chat({ metadata: { tags: ['b', 'a'] } }, { headers: { 'x-litellm-tags': 'a, c' } });
    expect(call.tags).toEqual(['team', 'a', 'c', 'b']);
  });

  test('does not lose those of the key among however many others', () => {
    const { tags } = chat({ tags: Array.from({ length: 10_000 }, (_, i) => `t${i}`) });
    expect([tags.length, tags[0]]).toEqual([64, 'team']);
  });

  test('names whom it is for: header before field', () => {
    expect(chat({ user: 'u1' }).endUser).toBe('u1');
    expect(chat({ user: 7 }).endUser).toBe('7');
    expect(chat({ user: 'u1' }, { headers: { 'x-litellm-end-user-id': 'h' } }).endUser).toBe('h');
    expect(chat({ metadata: { user_id: 'm' } }).endUser).toBe('m');
    expect(chat({ user: { odd: 1 } }).endUser).toBeNull();
    expect(chat({ user: 'u\0\ud8001' }).endUser).toBe('u\ufffd1');
    expect(chat({ user: '\0', metadata: { user_id: 'm' } }).endUser).toBe('m');
  });

  test('may limit its own time, by header or field', () => {
    expect(chat({ timeout: 1.5 }).timeoutMs).toBe(1_500);
    expect(chat({ timeout: 9 }, { headers: { 'x-litellm-timeout': '2' } }).timeoutMs).toBe(2_000);
    expect(chat({}).timeoutMs).toBeNull();
  });

  test('may wait for a day at most, for a longer timer would end at once', () => {
    expect(chat({}, { headers: { 'x-litellm-timeout': '9999999999' } }).timeoutMs).toBe(86_400_000);
  });

  test.each([
    ['/v1/chat/completions', '/v1/chat/completions'],
    ['/engines/org/m/chat/completions', '/engines/{model}/chat/completions'],
    ['/openai/deployments/m/embeddings', '/openai/deployments/{model}/embeddings'],
    ['/engines/chat/completions', '/engines/{model}/completions'],
    ['/v1/responses/resp_1', '/v1/responses/{id}'],
    ['/openai/v1/responses/resp_1/input_items', '/openai/v1/responses/{id}/input_items'],
    ['/responses', '/responses'],
  ])('is filed under its route: %s', (path, route) => {
    expect(chat({}, { path }).route).toBe(route);
  });
});

test('completions need a prompt and embeddings an input, as text or list', () => {
  expect(read({ model: 'm', prompt: 'x', stream: true }, { kind: COMPLETION })).toMatchObject({
    stream: true,
    upstreamPath: '/completions',
  });
  expect(read({ model: 'm', input: ['x'], stream: true }, { kind: EMBEDDING })).toMatchObject({
    stream: false,
  });
  expect(() => read({ model: 'm' }, { kind: COMPLETION })).toThrow('`prompt`');
  expect(() => read({ model: 'm', input: 5 }, { kind: EMBEDDING })).toThrow('`input`');
});
