import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { deployment } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite({
  models: [deployment('backed', 'gemma3-27b'), deployment('spare', 'fault/tokens-3'), deployment('*', '*')],
  router: { num_retries: 2, cooldown_time: 0, fallbacks: [{ backed: ['spare'] }] },
});
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({ max_budget: 5, rpm_limit: 100 });
});

afterEach(() => parts.llamaSwap.reset({ settings: true }));

interface Heard {
  readonly status: number;
  readonly headersAfterMs: number;
  readonly callId: string;
  readonly text: string;
}

async function listen(model: string, signal?: AbortSignal): Promise<Heard> {
  const startedAt = performance.now();
  const answer = await fetch(`http://127.0.0.1:${parts.gateway.port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'x' }] }),
    ...(signal ? { signal } : {}),
  });
  const headersAfterMs = performance.now() - startedAt;
  const callId = answer.headers.get('x-litellm-call-id') ?? '';
  return { status: answer.status, headersAfterMs, callId, text: await answer.text() };
}

const chatsAt = async (model: string): Promise<number> =>
  (await parts.llamaSwap.truth({ model })).filter(({ path }) => path.endsWith('/chat/completions')).length;

describe('a model that has to be loaded', () => {
  test('is waited for, with comments on the stream after five seconds', async () => {
    await parts.llamaSwap.settings({ loadMs: 6_500 });
    const { status, headersAfterMs, text, callId } = await listen('qwen3-30b-a3b');
    expect([status, Math.round(headersAfterMs / 1_000)]).toEqual([200, 5]);
    expect(text).toMatch(/^: keep-alive\n\ndata: \{/);
    expect(text.trimEnd()).toMatch(/\[DONE\]$/);
    expect(await chatsAt('qwen3-30b-a3b')).toBe(1);
    const metadata = (await parts.gateway.row(callId)).metadata ?? {};
    expect(metadata['load_time_ms']).toBeGreaterThan(5_900);
    expect(metadata['load_time_ms']).toBeLessThan(7_100);
    expect(metadata['limits']).toMatchObject([
      { scope: 'key', kind: 'money', cap: '5000000000000', before: '5000000000000' },
      { scope: 'key', kind: 'requests', cap: '100', before: '100', used: '1' },
    ]);
  }, 20_000);

  test('is waited for in silence where the answer is whole', async () => {
    await parts.llamaSwap.settings({ loadMs: 6_500 });
    const answer = await parts.gateway.chat({ model: 'qwen2.5-14b-instruct' }, { key });
    expect([answer.status, answer.json?.model]).toEqual([200, 'qwen2.5-14b-instruct']);
  }, 20_000);

  test('and cannot be is not loaded again: the stream ends with the error', async () => {
    await parts.llamaSwap.settings({ loadMs: 6_000, failStart: ['qwen3-30b-a3b'] });
    const { status, text } = await listen('qwen3-30b-a3b');
    expect(status).toBe(200);
    expect(text).toMatch(/^: keep-alive\n\ndata: \{"error":\{"message":/);
    expect(text).not.toContain('[DONE]');
    expect(await chatsAt('qwen3-30b-a3b')).toBe(1);
  }, 20_000);

  test('and cannot be is replaced by its fallback, though the stream has begun', async () => {
    await parts.llamaSwap.settings({ loadMs: 6_000, failStart: ['gemma3-27b'] });
    const { status, text } = await listen('backed');
    expect(status).toBe(200);
    expect(text).toMatch(/^: keep-alive\n\ndata: \{"(?!error)/);
    expect(text.trimEnd()).toMatch(/\[DONE\]$/);
  }, 20_000);

  test('is let go when the client leaves meanwhile', async () => {
    await parts.llamaSwap.settings({ loadMs: 8_000 });
    await expect(listen('gpt-oss-120b', AbortSignal.timeout(6_000))).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [call] = await parts.llamaSwap.truth({ model: 'gpt-oss-120b' });
    expect(call?.closedBy).toBe('client');
  }, 20_000);

  test('is neither loaded nor kept awake by lists, health checks and metrics', async () => {
    await parts.llamaSwap.settings({ loadMs: 1_000 });
    await parts.llamaSwap.reset();
    for (const path of [
      '/v1/models',
      '/health',
      '/health/readiness',
      '/metrics',
      '/v1/models/qwen3-30b-a3b',
    ]) {
      expect((await parts.gateway.ask(path, { key })).status).toBe(200);
    }
    const running = (await (await fetch(`${parts.llamaSwap.url}/running`)).json()) as { running: unknown[] };
    expect(running.running).toEqual([]);
  });
});
