import { describe, expect } from '@jest/globals';
import { type Answer, dataOf } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const PAGE = 'https://chat.example.org';
const parts = suite(
  {
    general: { compat: '1.81', allowed_hosts: ['127.0.0.1'], always_include_stream_usage: true },
  },
  { env: { LITELLM_CORS_ORIGINS: PAGE } },
);
const capped = { max_tokens: 20 };

const errorOf = ({ json }: Answer) =>
  json?.['error'] as unknown as { type: string; code: string; message: string };

async function refusal(fields: object, body: object = {}): Promise<Answer> {
  const key = await parts.gateway.key(fields);
  return parts.gateway.chat({ ...capped, ...body }, { key });
}

describe('compat 1.81', () => {
  test('answers a spent budget with 400', async () => {
    const refused = await refusal({ max_budget: 0 });
    expect(refused.status).toBe(400);
    expect(errorOf(refused)).toMatchObject({ type: 'budget_exceeded', code: '400' });
    expect(errorOf(refused).message).toContain('Budget has been exceeded!');
  });

  test('answers a key that is over with 400, and a model that it may not use with 401', async () => {
    const over = await refusal({ duration: '0s' });
    expect([over.status, errorOf(over).type]).toEqual([400, 'expired_key']);
    const denied = await refusal({ models: ['gpt-4'] }, { model: 'gpt-3.5-turbo' });
    expect([denied.status, errorOf(denied).type]).toEqual([401, 'key_model_access_denied']);
  });

  test('answers a plain key on a route of administrators with 401', async () => {
    const key = await parts.gateway.key({});
    const refused = await parts.gateway.ask('/key/generate', { key, body: {} });
    expect([refused.status, errorOf(refused).code]).toEqual([401, '401']);
  });

  test('answers a silent backend with 408', async () => {
    const refused = await parts.gateway.chat({ ...capped, model: 'fault/silent', timeout: 0.4 });
    expect([refused.status, errorOf(refused).type]).toEqual([408, 'upstream_timeout']);
  });
});

describe('web pages of other addresses', () => {
  const preflight = (path: string, origin: string): Promise<Response> =>
    fetch(parts.gateway.url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type',
      },
    });

  test('may call models where they are named', async () => {
    const asked = await preflight('/v1/chat/completions', PAGE);
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, PAGE]);
    expect(asked.headers.get('access-control-allow-headers')).toBe('authorization, content-type');
    const { headers } = await parts.gateway.chat(capped, { headers: { origin: PAGE } });
    expect(headers).toMatchObject({ 'access-control-allow-origin': PAGE, vary: 'origin' });
    const kept = await preflight('/v1/responses/resp_1', PAGE);
    expect(kept.headers.get('access-control-allow-methods')).toContain('DELETE');
    const path = '/openai/deployments/a/b/chat/completions';
    expect((await preflight(path, PAGE)).headers.get('access-control-allow-origin')).toBe(PAGE);
  });

  test('may not where they are not, and manage nothing', async () => {
    for (const [path, origin] of [
      ['/v1/chat/completions', 'https://evil.example'],
      ['/v1/chat/completions', 'null'],
      ['/key/generate', PAGE],
      ['/ui/keys', PAGE],
    ] as const) {
      const { headers } = await preflight(path, origin);
      expect([path, origin, headers.get('access-control-allow-origin')]).toEqual([path, origin, null]);
    }
  });
});

test('under a host that is not named nothing is answered but probes', async () => {
  const at = (path: string) => parts.gateway.ask(path, { headers: { host: 'rebound.example:80' } });
  expect((await at('/v1/models')).status).toBe(421);
  expect((await at('/health/liveliness')).status).toBe(200);
  expect((await parts.gateway.ask('/v1/models')).status).toBe(200);
});

test('every stream ends with its usage where the configuration says so', async () => {
  const { text } = await parts.gateway.chat({ ...capped, stream: true });
  const last = JSON.parse(dataOf(text).at(-2) ?? '{}') as { choices?: unknown; usage?: object };
  expect(last).toMatchObject({ choices: [], usage: { completion_tokens: expect.any(Number) } });
});
