import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { chunksOf, dataOf, deployment, pause, stringOf, textOf, until, UPSTREAM_KEY } from './harness.ts';
import { TEXT_MODELS } from './harness/gateway-config.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite({ models: [...TEXT_MODELS, deployment('prompt', 'qwen3-30b-a3b', { idle_timeout: 1 })] });
let key: string;
let count = 0;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

afterEach(() => parts.llamaSwap.reset({ settings: true }));

async function streamed(fields: object) {
  const callId = `stream-${Date.now()}-${(count += 1)}`;
  const answer = await parts.gateway.chat(
    { stream: true, ...fields },
    { key, headers: { 'x-litellm-call-id': callId } },
  );
  return { ...answer, callId };
}

describe('a stream', () => {
  test('is metered though the client asked for no usage, and the client sees none', async () => {
    const { text, callId } = await streamed({});
    const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
    expect(chunksOf(text).some((chunk) => chunk.usage !== undefined)).toBe(false);
    expect(await parts.gateway.row(callId)).toMatchObject({
      prompt_tokens: truth?.promptTokens,
      completion_tokens: truth?.emittedTokens,
      status: 'success',
      metadata: { usage_estimated: false, streamed: true },
    });
  });

  test('is found by its response id too', async () => {
    const { text, callId } = await streamed({});
    const row = await parts.gateway.row(stringOf(chunksOf(text)[0]?.id));
    expect(row.session_id).toBe(callId);
  });

  test('brings every frame as the upstream sent it but for the model', async () => {
    const { text } = await streamed({
      messages: [{ role: 'user', content: 'echo:  two  spaces, "quotes" and ünïcödé 🦀' }],
    });
    expect(textOf(chunksOf(text))).toBe('  two  spaces, "quotes" and ünïcödé 🦀');
    expect(new Set(chunksOf(text).map(({ model }) => model))).toEqual(new Set(['gpt-4']));
    expect(chunksOf(text)[0]?.system_fingerprint).toBe('b6543-sandbox');
  });

  test('leaves as it comes, not when it is complete', async () => {
    await parts.llamaSwap.settings({ decodeMsPerToken: 100, answerTokens: 20 });
    const startedAt = performance.now();
    const { body } = await parts.gateway.http.open('/v1/chat/completions', {
      key,
      body: { model: 'gpt-4', stream: true, messages: [{ role: 'user', content: 'x' }] },
    });
    let firstMs = 0;
    for await (const bytes of body) {
      if (firstMs === 0 && String(bytes).includes('"content":"')) firstMs = performance.now() - startedAt;
    }
    expect(firstMs).toBeGreaterThan(0);
    expect(performance.now() - startedAt - firstMs).toBeGreaterThan(1_000);
  });

  test('waits for a model that has to be loaded', async () => {
    await parts.llamaSwap.settings({ loadMs: 1_500, swap: 'on' });
    const { status, text } = await streamed({ model: 'gemma3-27b' });
    expect(status).toBe(200);
    expect(textOf(chunksOf(text))).toMatch(/\w/);
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  test('has whole chunks with a role though the upstream shows its loading in bare ones', async () => {
    await parts.llamaSwap.settings({ loadMs: 400, swap: 'on', sendLoadingState: true });
    const chunks = chunksOf((await streamed({ model: 'gpt-oss-120b' })).text);
    expect(chunks[0]?.choices?.[0]?.delta?.role).toBe('assistant');
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({ object: 'chat.completion.chunk', model: 'gpt-oss-120b' });
      expect(typeof chunk.id).toBe('string');
      expect(chunk.choices?.[0]?.index).toBe(0);
    }
  });

  test('is estimated and marked where the upstream sends no usage', async () => {
    const { callId } = await streamed({ model: 'fault/usage-missing+no-timings' });
    const row = await parts.gateway.row(callId);
    expect(row.metadata?.usage_estimated).toBe(true);
    expect(Number(row.completion_tokens)).toBeGreaterThan(10);
  });
});

describe('a stream that breaks', () => {
  for (const fault of ['error-mid-3', 'errorline-3', 'rst-3', 'fin-3', 'cut-3']) {
    test(`ends with an error frame and without [DONE] after ${fault}, and nothing is sent twice`, async () => {
      const { status, text, callId } = await streamed({ model: `fault/${fault}` });
      const data = dataOf(text);
      expect(status).toBe(200);
      expect(data).not.toContain('[DONE]');
      expect(JSON.parse(data.at(-1) ?? '')).toMatchObject({
        error: { message: expect.any(String), type: expect.any(String), code: expect.any(String) },
      });
      expect(await parts.llamaSwap.truth({ model: `fault/${fault}` })).toHaveLength(1);
      const row = await parts.gateway.row(callId);
      expect(row.status).toBe('failure');
      expect(Number(row.completion_tokens)).toBeGreaterThan(0);
    });
  }

  test('is an ordinary error while nothing was sent', async () => {
    const { status, json, headers } = await streamed({ model: 'fault/rst-0' });
    expect(status).toBe(502);
    expect(headers['content-type']).toBe('application/json');
    expect(json?.error?.type).toBe('upstream_error');
  });

  test('never repeats the key of the backend, should an error inside the stream repeat it', async () => {
    const chunk = JSON.stringify({ choices: [{ index: 0, delta: { content: 'Well' } }] });
    const error = JSON.stringify({ error: { message: `Incorrect API key provided: ${UPSTREAM_KEY}` } });
    const headers = { 'Content-Type': 'text/event-stream' };
    await parts.llamaSwap.next({ status: 200, headers, body: `data: ${chunk}\n\ndata: ${error}\n\n` });
    const { text } = await streamed({});
    expect(text).toContain('Incorrect API key provided: [redacted]');
    expect(text).not.toContain(UPSTREAM_KEY);
  });

  test('ends with an error that the client can see when the upstream stalls', async () => {
    const startedAt = performance.now();
    const { text } = await streamed({ model: 'quick/fault/stall-3' });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(dataOf(text).at(-1)).toContain('"error"');
  });
});

describe('a client that does not read', () => {
  test('stops the upstream from being read, instead of filling the memory', async () => {
    await parts.llamaSwap.settings({ answerTokens: 300_000, tokensPerWrite: 64 });
    const before = parts.gateway.usage().rssBytes;
    const { body } = await parts.gateway.http.open('/v1/chat/completions', {
      key,
      body: { model: 'gpt-4', stream: true, messages: [{ role: 'user', content: 'x' }] },
    });
    body.pause();
    let emitted = 0;
    // What the kernels of both hops keep takes a busy machine a while to move.
    const standsStill = async (): Promise<boolean> => {
      const before = emitted;
      emitted = (await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' }))[0]?.emittedTokens ?? 0;
      return emitted > 0 && emitted === before;
    };
    await until('the upstream is read no more', standsStill, 20_000, 750);
    const grown = parts.gateway.usage().rssBytes - before;
    body.destroy();
    await until('the upstream is left', async () => (await parts.llamaSwap.open()).inProgress === 0);
    expect(emitted).toBeLessThan(300_000);
    expect(grown).toBeLessThan(80 * 1_048_576);
  });
});

test('a client that reads nothing for a while does not make its upstream look idle', async () => {
  await parts.llamaSwap.settings({ answerTokens: 60_000, tokensPerWrite: 64 });
  const callId = `late-reader-${Date.now()}`;
  const { body } = await parts.gateway.http.open('/v1/chat/completions', {
    key,
    headers: { 'x-litellm-call-id': callId },
    body: { model: 'prompt', stream: true, messages: [{ role: 'user', content: 'x' }] },
  });
  await pause(2_500);
  expect((await body.text()).slice(-60)).toContain('data: [DONE]');
  expect(await parts.gateway.row(callId)).toMatchObject({ status: 'success' });
}, 30_000);
