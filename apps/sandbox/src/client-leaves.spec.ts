import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { at, clientOf, json, said, until } from '../test/client.js';
import { startLlamaSwap } from './llama-swap.js';

const client = clientOf(startLlamaSwap);

const request = (more: object) =>
  JSON.stringify({ model: 'qwen3-30b-a3b', messages: [{ role: 'user', content: 'hi' }], ...more });

describe('when the client leaves', () => {
  test('generation stops at once and the ledger knows every token that was sent', async () => {
    await client.settings({ decodeMsPerToken: 15, answerTokens: 200 });
    const reply = await client.raw('/v1/chat/completions', request({ stream: true }), (text, socket) => {
      if (text.split('"content":"').length > 5) socket.destroy();
    });
    const entry = await client.lastTruth();
    const received = reply.text.split('"content":"').length - 1;
    expect(entry).toMatchObject({ closedBy: 'client', finished: false });
    // At most the token on its way while the connection closed.
    expect(entry.emittedTokens - received).toBeGreaterThanOrEqual(0);
    expect(entry.emittedTokens - received).toBeLessThanOrEqual(1);
    expect(entry.generatedTokens - entry.emittedTokens).toBeLessThanOrEqual(1);
  });

  test('half-closing the connection counts as leaving', async () => {
    await client.settings({ decodeMsPerToken: 15, answerTokens: 200 });
    const body = request({ stream: true });
    await client.raw('/v1/chat/completions', body, (text, socket) => {
      if (text.includes('"content":"')) socket.end();
    });
    expect(await client.lastTruth()).toMatchObject({ closedBy: 'client', finished: false });
  });

  test('before the first token, nothing was emitted', async () => {
    await client.settings({ prefillMsPerToken: 200 });
    const signal = AbortSignal.timeout(60);
    const left = client.send('/v1/chat/completions', { method: 'POST', body: request({}), signal });
    await expect(left).rejects.toThrow(/aborted/);
    expect(await client.lastTruth()).toMatchObject({ closedBy: 'client', emittedTokens: 0, status: null });
  });

  test('while a whole answer is generated, the answer is never sent', async () => {
    await client.settings({ decodeMsPerToken: 50 });
    const signal = AbortSignal.timeout(60);
    const left = client.send('/v1/chat/completions', { method: 'POST', body: request({}), signal });
    await expect(left).rejects.toThrow(/aborted/);
    const entry = await client.lastTruth();
    expect([entry.emittedTokens, (entry.closedAfterMs ?? 9999) < 500]).toEqual([0, true]);
  });

  test('while its model loads, it is served no more but the load completes', async () => {
    await client.settings({ loadMs: 150 });
    const signal = AbortSignal.timeout(40);
    const left = client.send('/v1/chat/completions', { method: 'POST', body: request({}), signal });
    await expect(left).rejects.toThrow(/aborted/);
    const ready = async () =>
      at(json(await client.send('/running')), 'running.0.state') === 'ready' ? true : undefined;
    expect(await until(ready)).toBe(true);
    expect((await client.lastTruth()).emittedTokens).toBe(0);
  });

  test('open requests and sockets go back to what they were', async () => {
    await client.settings({ decodeMsPerToken: 20, answerTokens: 500 });
    const leaving = new AbortController();
    const calls = Array.from({ length: 20 }, () =>
      client.send('/v1/chat/completions', {
        method: 'POST',
        body: request({ stream: true }),
        signal: leaving.signal,
      }),
    );
    const settled = Promise.allSettled(calls);
    const open = async (wanted: number) =>
      at(json(await client.send('/__sandbox/open')), 'inProgress') === wanted ? true : undefined;
    await until(() => open(20));
    leaving.abort();
    await settled;
    expect(await until(() => open(0))).toBe(true);
  });
});

describe('a client that does not read', () => {
  test('holds generation back instead of filling memory', async () => {
    await client.settings({ answerTokens: 200_000 });
    const socket = connect(client.port, '127.0.0.1');
    const body = request({ stream: true });
    socket.pause();
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const generated = async () => (await client.truth()).at(-1)?.generatedTokens ?? 0;
    let before = -1;
    const standstill = async () => {
      const now = await generated();
      const same = now > 0 && now === before;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 150));
      return same ? now : undefined;
    };
    const tokens = await until(standstill, 20_000);
    socket.destroy();
    const entry = await client.lastTruth();
    expect(tokens).toBeLessThan(150_000);
    expect(entry.emittedTokens).toBeLessThanOrEqual(entry.generatedTokens);
    expect(entry.closedBy).toBe('client');
  });

  test('gets everything once it reads', async () => {
    await client.settings({ answerTokens: 5000 });
    const reply = await client.chat('qwen3-30b-a3b', 'hi', { stream: true });
    expect(reply.text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(said(reply.text).length).toBeGreaterThan(10_000);
    expect((await client.lastTruth()).emittedTokens).toBe(5000);
    expect((await client.lastTruth()).emittedBytes).toBe(reply.bytes.length);
  });
});
