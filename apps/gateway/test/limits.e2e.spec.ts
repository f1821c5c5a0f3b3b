import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect } from '@jest/globals';
import { type Answer, type Gateway, pause, until } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite();
const gateway = (): Gateway => parts.gateway;
const capped = { max_tokens: 20 };

const message = ({ json }: Answer): string => String((json?.error as { message?: string }).message);

describe('a key with a limit of requests', () => {
  test('is told on every answer what is left, and refused in LiteLLM’s words when nothing is', async () => {
    const key = await gateway().key({ rpm_limit: 2, tpm_limit: 100_000, max_parallel_requests: 5 });
    const first = await gateway().chat(capped, { key });
    expect(first.status).toBe(200);
    expect(first.headers).toMatchObject({
      'x-ratelimit-api_key-limit-requests': '2',
      'x-ratelimit-api_key-remaining-requests': '1',
      'x-ratelimit-api_key-limit-tokens': '100000',
      'x-ratelimit-api_key-limit-max_parallel_requests': '5',
      'x-ratelimit-limit-requests': '2',
      'x-litellm-key-rpm-limit': '2',
    });
    await gateway().chat({ ...capped, stream: true }, { key });
    const refused = await gateway().chat(capped, { key });
    expect(refused.status).toBe(429);
    expect(message(refused)).toMatch(/^Rate limit exceeded for api_key: sk-.+ Limit type: requests\./);
    expect(refused.headers).toMatchObject({
      'x-ratelimit-api_key-remaining-requests': '0',
      rate_limit_type: 'requests',
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
  });
});

describe('a soft budget', () => {
  test('is counted and told when it is crossed, and refuses nothing', async () => {
    const soft = { soft_budget: 0.0000001 };
    await gateway().ask('/organization/new', {
      body: { organization_id: 'acme', organization_alias: 'acme', ...soft },
    });
    await gateway().ask('/customer/new', { body: { user_id: 'zoe', ...soft } });
    const key = await gateway().key({ ...soft, max_budget: 5, organization_id: 'acme' });
    expect((await gateway().ask('/key/info', { key })).json?.info).toMatchObject({ soft_budget: 1e-7 });
    expect((await gateway().chat({ ...capped, user: 'zoe' }, { key })).status).toBe(200);
    for (const kind of ['key', 'organization', 'end_user']) {
      const crossed = `gateway_soft_budget_crossings_total{kind="${kind}"} 1`;
      await until(
        `that of the ${kind} is counted`,
        async () => (await gateway().ask('/metrics')).text.includes(crossed),
        30_000,
      );
    }
    expect((await gateway().chat({ ...capped, user: 'zoe' }, { key })).status).toBe(200);
  }, 60_000);
});

describe('a key with a limit of parallel requests', () => {
  test('has its slot again when a client has left in the middle of a stream', async () => {
    const key = await gateway().key({ max_parallel_requests: 1 });
    const leaver = connect(gateway().port, '127.0.0.1');
    const body = JSON.stringify({
      model: 'fault/stall-2',
      stream: true,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    leaver.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${key}\r\n` +
        `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    const [head] = (await once(leaver, 'data')) as [Buffer];
    expect(head.toString()).toContain('HTTP/1.1 200');
    expect((await gateway().chat(capped, { key })).status).toBe(429);
    leaver.destroy();
    await until('the slot is free', async () => (await gateway().chat(capped, { key })).status === 200);
  });
});

describe('a budget with a window', () => {
  test('tells when it begins anew, and does', async () => {
    const key = await gateway().key({ max_budget: 0.00001, budget_duration: '3s' });
    expect((await gateway().chat({}, { key })).status).toBe(200);
    const refused = await gateway().chat({}, { key });
    if (refused.status === 429) {
      expect(message(refused)).toMatch(/The budget resets at \d{4}-\d\d-\d\dT/);
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(3);
      expect(refused.headers['x-should-retry']).toBe('false');
    }
    await pause(3_100);
    expect((await gateway().chat({}, { key })).status).toBe(200);
  });
});

describe('replicas', () => {
  test('share the requests of a key', async () => {
    const other = await parts.another();
    const key = await gateway().key({ rpm_limit: 10 });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? gateway() : other).chat(capped, { key })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
  });
});
