import { describe, expect, test } from '@jest/globals';
import { at, clientOf, json } from '../../test/client.js';
import { startLlamaSwap } from '../llama-swap.js';

const client = clientOf(startLlamaSwap);

describe('a fault about the whole answer', () => {
  test.each([
    ['status-503', 503, 'application/json'],
    ['500', 500, 'application/json'],
    ['502-empty', 502, null],
    ['204', 204, null],
    ['html', 200, 'text/html; charset=utf-8'],
    ['empty', 200, 'application/json'],
    ['context', 400, 'application/json'],
    ['loading', 503, 'application/json'],
    ['redirect', 302, null],
  ])('%s answers %d with type %s', async (fault, status, type) => {
    const reply = await client.chat(`fault/${fault}`, 'hi');
    expect([reply.status, reply.headers.get('content-type')]).toEqual([status, type]);
  });

  test('429-2 asks for two seconds of patience', async () => {
    const reply = await client.chat('fault/429-2', 'hi');
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, '2']);
  });

  test.each(['502-empty', '204', 'empty', 'redirect'])('%s has no body', async (fault) => {
    expect((await client.chat(`fault/${fault}`, 'hi')).bytes).toHaveLength(0);
  });

  test('context tells both sizes, as llama.cpp does', async () => {
    const error = at(json(await client.chat('fault/context', 'hi')), 'error');
    expect(error).toMatchObject({ code: 400, type: 'exceed_context_size_error', n_ctx: 8192 });
  });

  test('garbage is no JSON although it says so', async () => {
    const reply = await client.chat('fault/garbage', 'hi');
    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(() => json(reply)).toThrow(SyntaxError);
  });

  test('garbage in a stream has the type of an event stream', async () => {
    const reply = await client.chat('fault/garbage', 'hi', { stream: true });
    expect(reply.headers.get('content-type')).toBe('text/event-stream');
  });

  test('echo-key puts the credential that it was sent into the error', async () => {
    const body = { model: 'fault/echo-key', messages: [] };
    const reply = await client.post('/v1/chat/completions', body, { authorization: 'Bearer sk-mine' });
    expect([reply.status, reply.text]).toEqual([401, expect.stringContaining('Bearer sk-mine')]);
  });

  test('redirect points to the origin of the settings', async () => {
    await client.settings({ redirectTo: 'http://127.0.0.1:1/x' });
    const reply = await client.chat('fault/redirect', 'hi');
    expect(reply.headers.get('location')).toBe('http://127.0.0.1:1/x');
  });

  test('silent accepts the request and says nothing', async () => {
    const signal = AbortSignal.timeout(150);
    const body = JSON.stringify({ model: 'fault/silent', messages: [] });
    const answer = client.send('/v1/chat/completions', { method: 'POST', body, signal });
    await expect(answer).rejects.toThrow(/aborted/);
    expect(await client.lastTruth()).toMatchObject({ closedBy: 'client', emittedBytes: 0, fault: 'silent' });
  });

  test('headers-then-silent sends the status and nothing more', async () => {
    const body = JSON.stringify({ model: 'fault/headers-then-silent', messages: [], stream: true });
    const reply = await client.raw('/v1/chat/completions', body, (_text, socket) => socket.destroy());
    expect(reply.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(reply.text).toContain('Content-Type: text/event-stream');
    expect(reply.text.endsWith('\r\n\r\n')).toBe(true);
  });

  test('timeout closes the connection after its time without a byte', async () => {
    const before = performance.now();
    const reply = await client.raw('/v1/chat/completions', '{"model":"fault/timeout-80"}');
    expect([reply.text, performance.now() - before >= 78]).toEqual(['', true]);
    expect((await client.lastTruth()).closedBy).toBe('fault');
  });

  test('delay holds the answer back', async () => {
    const before = performance.now();
    const reply = await client.chat('fault/delay-80', 'hi');
    expect([reply.status, performance.now() - before >= 78]).toEqual([200, true]);
  });

  test('a fault that a stand-in answers itself consumes no tokens', async () => {
    await client.chat('fault/500', 'hi');
    expect(await client.lastTruth()).toMatchObject({ promptTokens: 0, emittedTokens: 0, status: 500 });
  });
});
