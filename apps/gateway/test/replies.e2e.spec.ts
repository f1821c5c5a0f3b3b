import { beforeAll, describe, expect } from '@jest/globals';
import { type Ask, MASTER_KEY } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite({
  general: { public_routes: ['/v1/models'] },
});
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({ max_budget: 10 });
});

/** What the contract says a client reads, by situation. */
const SITUATIONS: readonly (readonly [
  string,
  string,
  () => Ask,
  { status: number; type?: string; says: RegExp },
])[] = [
  [
    'no key',
    '/v1/chat/completions',
    () => ({ body: {} }),
    { status: 401, type: 'auth_error', says: /No api key passed in/ },
  ],
  [
    'a scheme that is none',
    '/v1/chat/completions',
    () => ({ body: {}, headers: { authorization: 'Digest x' } }),
    { status: 401, type: 'auth_error', says: /Malformed API Key/ },
  ],
  [
    'a key without sk-',
    '/v1/chat/completions',
    () => ({ body: {}, key: 'not-a-virtual-key' }),
    { status: 401, type: 'auth_error', says: /expected to start with 'sk-'/ },
  ],
  [
    'an unknown key',
    '/v1/chat/completions',
    () => ({ body: {}, key: 'sk-unknown-0123456789-abcdef' }),
    { status: 401, type: 'token_not_found_in_db', says: /Invalid proxy server token/ },
  ],
  [
    'broken JSON',
    '/v1/chat/completions',
    () => ({ body: '{"a":', key }),
    { status: 400, type: 'invalid_request_error', says: /Invalid JSON/i },
  ],
  [
    'no model',
    '/v1/chat/completions',
    () => ({ body: { messages: [{ role: 'user', content: 'x' }] }, key }),
    { status: 400, says: /litellm\.BadRequestError/ },
  ],
  [
    'a field that chooses a destination',
    '/v1/chat/completions',
    () => ({ body: { model: 'gpt-4', api_base: 'http://x', messages: [] }, key }),
    { status: 400, says: /Rejected Request/ },
  ],
  ['an unknown route', '/v1/nowhere', () => ({ key }), { status: 404, says: /\w/ }],
  ['another method', '/v1/chat/completions', () => ({ key, method: 'DELETE' }), { status: 405, says: /\w/ }],
  [
    'another content type',
    '/v1/chat/completions',
    () => ({ key, body: 'x', headers: { 'content-type': 'text/plain' } }),
    { status: 415, says: /\w/ },
  ],
  [
    'a management route',
    '/key/generate',
    () => ({ key, body: {} }),
    { status: 403, type: 'auth_error', says: /\w/ },
  ],
  [
    'an unknown key of others',
    `/key/info?key=${'0'.repeat(64)}`,
    () => ({ key: MASTER_KEY }),
    { status: 404, says: /\w/ },
  ],
  [
    'an upstream that is not there',
    '/v1/chat/completions',
    () => ({ key, body: { model: 'fault/rst-0', messages: [{ role: 'user', content: 'x' }] } }),
    { status: 502, type: 'upstream_error', says: /\w/ },
  ],
];

describe('an error', () => {
  for (const [name, path, ask, { status, type, says }] of SITUATIONS) {
    test(`has the one shape for ${name}`, async () => {
      const answer = await parts.gateway.http.ask(path, ask());
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
      expect(answer.headers['x-request-id']).toMatch(/\S/);
      expect(answer.headers['x-litellm-call-id']).toBe(answer.headers['x-request-id']);
      const { error } = JSON.parse(answer.text) as { error: Record<string, unknown> };
      expect(Object.keys(error)).toEqual(expect.arrayContaining(['message', 'type', 'param', 'code']));
      expect(error['message']).toMatch(says);
      if (type !== undefined) expect(error['type']).toBe(type);
    });
  }

  test('never repeats a key whole', async () => {
    const wrong = 'sk-unknown-0123456789-abcdef';
    const { text } = await parts.gateway.http.ask('/v1/chat/completions', { body: {}, key: wrong });
    expect(text).not.toContain(wrong);
  });

  test('of a call carries the headers of a call, with a cost of 0', async () => {
    const { headers } = await parts.gateway.chat({ model: 'fault/500' }, { key });
    expect(headers['x-litellm-model-group']).toBe('fault/500');
    expect(headers['x-litellm-response-cost']).toBe('0');
    expect(headers['x-litellm-version']).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('an answer', () => {
  test('carries the headers of the contract', async () => {
    const { headers, text } = await parts.gateway.chat(
      {},
      { key, headers: { 'x-litellm-call-id': 'my-own-id-1' } },
    );
    const cost = 8 * 1e-6 + 24 * 2e-6;
    expect(headers).toMatchObject({
      'x-litellm-call-id': 'my-own-id-1',
      'x-request-id': 'my-own-id-1',
      'x-litellm-model-group': 'gpt-4',
      'x-litellm-model-api-base': `${parts.llamaSwap.url}/v1`,
      'x-litellm-attempted-retries': '0',
      'x-litellm-attempted-fallbacks': '0',
      'x-litellm-key-max-budget': '10',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['x-litellm-model-id']).toMatch(/\S/);
    expect(Number(headers['x-litellm-response-cost'])).toBeCloseTo(cost, 12);
    expect(Number(headers['x-litellm-response-duration-ms'])).toBeGreaterThan(0);
    expect(Number(headers['x-litellm-overhead-duration-ms'])).toBeGreaterThan(0);
    expect(headers['llm_provider-server']).toBe('llama.cpp');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(JSON.stringify(headers).length).toBeLessThan(4_096);
    expect(text).not.toContain('qwen3-30b-a3b');
  });

  test('tells the key’s spend so far', async () => {
    await parts.gateway.chat({}, { key });
    const { headers } = await parts.gateway.chat({}, { key });
    expect(Number(headers['x-litellm-key-spend'])).toBeGreaterThan(0);
  });
});

describe('probes and scrapers', () => {
  test('find life, readiness and health without a key', async () => {
    for (const path of ['/health/liveliness', '/health/liveness', '/health']) {
      const { status, json } = await parts.gateway.http.ask(path);
      expect([path, status, json?.status]).toEqual([path, 200, 'healthy']);
    }
    const ready = await parts.gateway.http.ask('/health/readiness');
    expect([ready.status, ready.json?.db]).toEqual([200, 'connected']);
  });

  test('read the four metrics by model, with a type that Prometheus takes', async () => {
    await parts.gateway.chat({}, { key });
    await parts.gateway.chat({ model: 'fault/500' }, { key });
    const { status, headers, text } = await parts.gateway.http.ask('/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toMatch(/^litellm_requests_total\{[^}]*model="gpt-4"[^}]*\} [1-9]/m);
    expect(text).toMatch(/^litellm_tokens_total\{[^}]*model="gpt-4"[^}]*\} [1-9]/m);
    expect(text).toMatch(/^litellm_request_duration_seconds_bucket\{[^}]*model="gpt-4"/m);
    expect(text).toMatch(/^litellm_errors_total\{[^}]*\} [1-9]/m);
    expect(text).not.toContain(key);
  });

  test('see the routes open that the configuration opens, and only these', async () => {
    expect((await parts.gateway.http.ask('/v1/models')).status).toBe(200);
    expect((await parts.gateway.http.ask('/models')).status).toBe(401);
    expect((await parts.gateway.http.ask('/v1/models/gpt-4')).status).toBe(401);
  });
});
