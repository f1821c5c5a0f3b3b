import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { deployment } from './harness.ts';
import { suite, test } from './harness/suite.ts';

/** Short deadlines, so that silence is a fault like any other. */
const QUICK = { timeout: 1.8, stream_timeout: 1, idle_timeout: 0.8, connect_timeout: 1 };

const FAULTS = [
  '500',
  'status-503',
  '502-empty',
  '429-1',
  'html',
  'empty',
  '204',
  'garbage',
  'silent',
  'headers-then-silent',
  'redirect',
  'echo-key',
  'timeout-50',
  'context',
  'loading',
  'wrong-type',
  'gzip-1',
] as const;
/** Faults in the middle of a stream; a whole answer with them is no answer. */
const LATE = ['stall-3', 'rst-3', 'cut-3', 'fin-3', 'error-mid-3'] as const;

const parts = suite({
  models: [
    deployment('plain/*', 'fault/*', QUICK),
    deployment('backed/*', 'fault/*', QUICK),
    deployment('spare', 'qwen2.5-14b-instruct', QUICK),
    deployment('broken', 'fault/500', QUICK),
    deployment('long', 'gemma3-27b', QUICK),
  ],
  router: {
    num_retries: 0,
    cooldown_time: 0,
    fallbacks: [
      ...[...FAULTS, ...LATE].map((fault) => ({ [`backed/${fault}`]: ['broken', 'spare'] })),
      { broken: ['spare'] },
    ],
    context_window_fallbacks: [{ 'backed/context': ['long'] }],
  },
});
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

afterEach(() => parts.llamaSwap.reset({ settings: true }));

const ask = (model: string, more: object = {}, headers: Record<string, string> = {}) =>
  parts.gateway.chat({ model, ...more }, { key, headers });

const requestIdOf = (headers: Readonly<Record<string, string>>): string => headers['x-litellm-call-id'] ?? '';

for (const stream of [false, true]) {
  describe(`an upstream that fails before its first content, ${stream ? 'streamed' : 'whole'}`, () => {
    for (const fault of FAULTS) {
      test(`${fault}: without a fallback it is one error, once`, async () => {
        const answer = await ask(`plain/${fault}`, { stream });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.json?.error).toMatchObject({ message: expect.any(String), type: expect.any(String) });
        expect(answer.headers).toMatchObject({
          'x-litellm-attempted-retries': '0',
          'x-litellm-attempted-fallbacks': '0',
        });
        expect(await parts.llamaSwap.truth({ model: `fault/${fault}` })).toHaveLength(1);
      });

      test(`${fault}: with fallbacks the client hears nothing of it`, async () => {
        const answer = await ask(`backed/${fault}`, { stream });
        const isContext = fault === 'context';
        expect([answer.status, answer.text.includes('"error"')]).toEqual([200, false]);
        expect(answer.headers).toMatchObject({
          'x-litellm-attempted-fallbacks': isContext ? '1' : '2',
          'x-litellm-model-group': isContext ? 'long' : 'spare',
        });
        const row = await parts.gateway.row(requestIdOf(answer.headers));
        expect(row).toMatchObject({ status: 'success' });
        const [truth] = await parts.llamaSwap.truth({
          model: isContext ? 'gemma3-27b' : 'qwen2.5-14b-instruct',
        });
        expect(row.completion_tokens).toBe(truth?.emittedTokens);
      });
    }
  });
}

describe('an upstream that fails in the middle', () => {
  for (const fault of LATE) {
    test(`${fault}: a stream ends with an error, and nobody else is asked`, async () => {
      const answer = await ask(`backed/${fault}`, { stream: true });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('"error"');
      expect(answer.text).not.toContain('[DONE]');
      const calls = await parts.llamaSwap.truth();
      expect(calls.filter(({ path }) => path.endsWith('/chat/completions'))).toHaveLength(1);
      expect(await parts.gateway.row(requestIdOf(answer.headers))).toMatchObject({ status: 'failure' });
    });
  }

  for (const fault of ['rst-3', 'cut-3', 'stall-3']) {
    test(`${fault}: a whole answer is asked for elsewhere`, async () => {
      const answer = await ask(`backed/${fault}`);
      expect([answer.status, answer.headers['x-litellm-attempted-fallbacks']]).toEqual([200, '2']);
    });
  }
});

describe('a request', () => {
  test('may name its own fallbacks, which stay here', async () => {
    const answer = await ask('broken', { fallbacks: ['long'], num_retries: 0 });
    expect([answer.status, answer.headers['x-litellm-model-group']]).toEqual([200, 'long']);
    const { body } = await parts.llamaSwap.lastRequest();
    expect(body).not.toMatch(/fallbacks|num_retries/);
  });

  test('may switch them off', async () => {
    const answer = await ask('broken', { disable_fallbacks: true });
    expect([answer.status, answer.headers['x-litellm-attempted-fallbacks']]).toEqual([500, '0']);
  });

  test('may not name a fallback that its key may not use', async () => {
    const narrow = await parts.gateway.key({ models: ['broken'] });
    const body = { model: 'broken', fallbacks: ['long'] };
    const answer = await parts.gateway.chat(body, { key: narrow });
    expect([answer.status, answer.json?.error?.type]).toEqual([403, 'key_model_access_denied']);
    expect(await parts.llamaSwap.truth({ model: 'fault/500' })).toEqual([]);
  });

  for (const [what, limits, words] of [
    ['requests', { model_rpm_limit: { long: 1 } }, 'Rate limit exceeded'],
    [
      'money',
      { model_max_budget: { long: { budget_limit: 1e-9, time_period: '1d' } } },
      'Budget has been exceeded',
    ],
  ] as const) {
    test(`passes no limit of ${what} that its key has for a fallback`, async () => {
      const limited = await parts.gateway.key(limits);
      const fallback = () => parts.gateway.chat({ model: 'broken', fallbacks: ['long'] }, { key: limited });
      const first = await fallback();
      expect([first.status, first.headers['x-litellm-model-group']]).toEqual([200, 'long']);
      const second = await fallback();
      expect([second.status, second.headers['x-litellm-attempted-fallbacks']]).toEqual([500, '0']);
      expect(second.json?.error?.message).toContain(`Error doing the fallback: ${words}`);
      expect((await parts.gateway.chat({ model: 'long' }, { key: limited })).status).toBe(429);
      expect((await parts.gateway.chat({ model: 'spare' }, { key: limited })).status).toBe(200);
    });
  }

  test('may say how often to try', async () => {
    const answer = await ask('plain/500', {}, { 'x-litellm-num-retries': '1' });
    expect([answer.status, answer.headers['x-litellm-attempted-retries']]).toEqual([500, '1']);
    expect(await parts.llamaSwap.truth({ model: 'fault/500' })).toHaveLength(2);
  });

  test('hears of the first error, and of what was tried after it', async () => {
    const answer = await ask('broken', { fallbacks: ['plain/status-503'] });
    expect(answer.status).toBe(500);
    expect(answer.json?.error?.message).toMatch(
      /Received Model Group=broken\nAvailable Model Group Fallbacks=\['plain\/status-503'\]\nError doing the fallback: /,
    );
  });

  test('waits for its first content no longer than it wants, then goes elsewhere', async () => {
    const startedAt = performance.now();
    const answer = await ask(
      'backed/silent',
      { stream: true, fallbacks: ['spare'] },
      {
        'x-litellm-stream-timeout': '0.3',
      },
    );
    expect([answer.status, answer.headers['x-litellm-model-group']]).toEqual([200, 'spare']);
    expect(performance.now() - startedAt).toBeLessThan(1_200);
  });

  test('ends when its own time is over, fallbacks or not', async () => {
    const startedAt = performance.now();
    const answer = await ask('backed/silent', { timeout: 0.4 });
    expect(answer.status).toBe(504);
    expect(performance.now() - startedAt).toBeLessThan(900);
    expect(answer.headers['x-litellm-attempted-fallbacks']).toBe('0');
  });

  test('that waits to be tried again is over when its client leaves', async () => {
    await parts.llamaSwap.next({ fault: '429-30', match: { model: 'gemma3-27b' }, times: 5 });
    const leaving = AbortSignal.timeout(300);
    await fetch(`http://127.0.0.1:${parts.gateway.port}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'long', num_retries: 3, messages: [{ role: 'user', content: 'x' }] }),
      signal: leaving,
    }).catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await parts.llamaSwap.truth({ model: 'gemma3-27b' })).toHaveLength(1);
  });
});

describe('a deployment that asks for patience', () => {
  test('is asked again when it said so, not before', async () => {
    await parts.llamaSwap.next({ fault: '429-1', match: { model: 'gemma3-27b' } });
    const answer = await ask('long', { num_retries: 1 });
    expect([answer.status, answer.headers['x-litellm-attempted-retries']]).toEqual([200, '1']);
    const [refused, answered] = await parts.llamaSwap.truth({ model: 'gemma3-27b' });
    expect((answered?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });
});

describe('a sick deployment beside a well one', () => {
  test('is rested after a few failures, and no client notices', async () => {
    const resting = await parts.another({
      config: JSON.stringify({
        model_list: [
          deployment('pair', 'fault/status-503', QUICK),
          deployment('pair', 'qwen3-30b-a3b', QUICK),
        ],
        router_settings: { num_retries: 1, cooldown_time: 30 },
        general_settings: { client_rate_limit: { average: 1_000_000, burst: 1_000_000 } },
      }),
    });
    const answers = [];
    for (let i = 0; i < 40; i += 1) answers.push(await resting.chat({ model: 'pair' }, { key }));
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    const failed = await parts.llamaSwap.truth({ model: 'fault/status-503' });
    expect(failed.length).toBeLessThanOrEqual(5);
  });
});
