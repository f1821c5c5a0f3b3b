import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { at, clientOf, json, until } from '../test/client.js';
import { startLlamaSwap } from './llama-swap.js';

const MODEL = 'qwen3-30b-a3b';
const client = clientOf(startLlamaSwap);

describe('the control API', () => {
  test('makes the next request fail as scripted and the one after it succeed', async () => {
    await client.next({ status: 503 });
    expect((await client.chat(MODEL, 'hi')).status).toBe(503);
    expect((await client.chat(MODEL, 'hi')).status).toBe(200);
  });

  test('keeps a script for the model that it is meant for', async () => {
    await client.next({ status: 500, match: { model: 'gemma3-27b' } });
    expect((await client.chat(MODEL, 'hi')).status).toBe(200);
    expect((await client.chat('gemma3-27b', 'hi')).status).toBe(500);
  });

  test('answers with the scripted headers and body', async () => {
    await client.next({ status: 402, headers: { 'X-Reason': 'poor' }, body: { error: 'pay' } });
    const reply = await client.chat(MODEL, 'hi');
    expect([reply.status, reply.headers.get('x-reason'), reply.text]).toEqual([
      402,
      'poor',
      '{"error":"pay"}',
    ]);
  });

  test('adds scripted headers to an otherwise good answer', async () => {
    await client.next({ setcookie: true, headers: { 'X-Extra': '1' } });
    const reply = await client.chat(MODEL, 'hi');
    expect([reply.status, reply.headers.get('x-extra'), reply.headers.get('set-cookie')]).toEqual([
      200,
      '1',
      'session=stolen; Path=/',
    ]);
  });

  test('refuses a script with an unknown fault', async () => {
    const reply = await client.next({ fault: 'explode' });
    expect([reply.status, at(json(reply), 'error')]).toEqual([400, expect.stringContaining('explode')]);
  });

  test('takes faults from a request header', async () => {
    const body = { model: MODEL, messages: [{ role: 'user', content: 'hi' }] };
    const reply = await client.post('/v1/chat/completions', body, { 'x-sandbox-fault': 'status=507' });
    expect(reply.status).toBe(507);
  });

  test('answers 400 to a model name with an unknown fault', async () => {
    expect((await client.chat('fault/explode', 'hi')).status).toBe(400);
  });

  test('forgets scripts, ledger and, when asked, settings on reset', async () => {
    await client.next({ status: 503 });
    await client.settings({ answerTokens: 3 });
    await client.chat('gemma3-27b', 'hi');
    await client.post('/__sandbox/reset', { settings: true });
    expect(await client.truth()).toEqual([]);
    const reply = await client.chat(MODEL, 'hi');
    expect([reply.status, at(json(reply), 'usage.completion_tokens')]).toEqual([200, 24]);
  });

  test('refuses settings that do not exist', async () => {
    expect((await client.settings({ answertokens: 3 })).status).toBe(400);
  });

  test('shows the last request as it came', async () => {
    await client.post('/v1/chat/completions?x=1', '{"model":"nobody"}', { 'X-Trace': 'abc' });
    const last = json(await client.send('/__sandbox/requests/last'));
    expect(last).toMatchObject({
      method: 'POST',
      url: '/v1/chat/completions?x=1',
      headers: { 'x-trace': 'abc' },
      body: '{"model":"nobody"}',
      bodyBytes: 18,
    });
  });

  test('tells how many requests are under way', async () => {
    const leaving = new AbortController();
    const stalled = client.send('/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'fault/silent', messages: [] }),
      signal: leaving.signal,
    });
    stalled.catch(() => {});
    const open = async (wanted: number) => {
      const counts = json(await client.send('/__sandbox/open'));
      return at(counts, 'inProgress') === wanted ? true : undefined;
    };
    expect(await until(() => open(1))).toBe(true);
    leaving.abort();
    expect(await until(() => open(0))).toBe(true);
  });

  test('names the canaries that a request carried', async () => {
    await client.settings({ canaries: ['sk-secret', 'sk-other'] });
    const body = { model: MODEL, messages: [{ role: 'user', content: 'hi' }] };
    await client.post('/v1/chat/completions', body, { 'x-any': 'a sk-secret b' });
    expect((await client.lastTruth()).canaries).toEqual(['sk-secret']);
  });

  test('answers 404 with the routes that there are', async () => {
    const reply = await client.send('/__sandbox/nothing');
    expect([reply.status, at(json(reply), 'routes')]).toEqual([404, expect.arrayContaining(['GET /truth'])]);
  });

  test('closes idle connections when told to, as servers do that race with their clients', async () => {
    await client.settings({ keepAliveMs: 50 });
    const before = performance.now();
    const ended = await new Promise<number>((resolve) => {
      const socket = connect(client.port, '127.0.0.1');
      socket.on('data', () => {});
      socket.on('close', () => resolve(performance.now() - before));
      socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    });
    expect(ended).toBeLessThan(3000);
  });

  test('counts without keeping entries when told to', async () => {
    await client.settings({ truth: 'counts' });
    await client.chat(MODEL, 'hi');
    const totals = async () => {
      const sums = json(await client.send('/__sandbox/truth/totals'));
      return at(sums, 'requests') === 1 ? sums : undefined;
    };
    expect(await until(totals)).toMatchObject({ emittedTokens: 24, models: { [MODEL]: { requests: 1 } } });
    expect(await client.truth()).toEqual([]);
  });

  test('shows how many scripts still wait', async () => {
    await client.next([{ status: 500, times: 2 }, { status: 503 }]);
    expect(json(await client.send('/__sandbox/next'))).toEqual({ waiting: 3 });
  });

  test('delays every answer by the configured time', async () => {
    await client.settings({ delayMs: 80 });
    const before = performance.now();
    await client.chat(MODEL, 'hi');
    expect(performance.now() - before).toBeGreaterThanOrEqual(78);
  });
});
