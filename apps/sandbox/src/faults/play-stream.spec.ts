import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { clientOf, json, said } from '../../test/client.js';
import { startLlamaSwap } from '../llama-swap.js';

const client = clientOf(startLlamaSwap);

function stream(fault: string, content = 'echo:héllo wörld, this is a tale of one stream') {
  return JSON.stringify({
    model: `fault/${fault}`,
    stream: true,
    messages: [{ role: 'user', content }],
    stream_options: { include_usage: true },
  });
}

const TALE = 'héllo wörld, this is a tale of one stream';

/** The body of a raw chunked reply, put together again. */
function bodyOf(text: string): string {
  const bytes = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'utf8');
  const parts: Buffer[] = [];
  for (let from = 0; from < bytes.length;) {
    const lineEnd = bytes.indexOf('\r\n', from);
    const size = Number.parseInt(bytes.toString('latin1', from, lineEnd), 16);
    if (lineEnd === -1 || !(size > 0)) break;
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    from = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts).toString('utf8');
}

describe('a stream that is cut', () => {
  test('rst-2 resets the connection after two tokens, which the ledger counts', async () => {
    const reply = await client.raw('/v1/chat/completions', stream('rst-2'));
    expect([reply.reset, said(bodyOf(reply.text))]).toEqual([true, 'héllo wörld,']);
    expect(await client.lastTruth()).toMatchObject({ closedBy: 'fault', emittedTokens: 2, finished: false });
  });

  test('fin-2 ends properly after two tokens, but without [DONE]', async () => {
    const reply = await client.raw('/v1/chat/completions', stream('fin-2'));
    expect([reply.reset, reply.text.endsWith('0\r\n\r\n'), reply.text.includes('[DONE]')]).toEqual([
      false,
      true,
      false,
    ]);
    expect(await client.lastTruth()).toMatchObject({ closedBy: 'fault', emittedTokens: 2 });
  });

  test('cut-2 closes the connection in the middle of the body', async () => {
    const reply = await client.raw('/v1/chat/completions', stream('cut-2'));
    expect([reply.reset, reply.text.endsWith('0\r\n\r\n')]).toEqual([false, false]);
    expect(said(bodyOf(reply.text))).toBe('héllo wörld,');
  });

  test('rst-0 resets before any byte', async () => {
    const reply = await client.raw('/v1/chat/completions', stream('rst-0'));
    expect([reply.reset, reply.text]).toEqual([true, '']);
  });

  test('stall-2 stays silent after two tokens until the client leaves', async () => {
    const reply = await client.raw('/v1/chat/completions', stream('stall-2'), (text, socket) => {
      if (text.includes('wörld')) setTimeout(() => socket.destroy(), 50);
    });
    expect(said(bodyOf(reply.text))).toBe('héllo wörld,');
    expect(await client.lastTruth()).toMatchObject({ closedBy: 'client', emittedTokens: 2 });
  });

  test('rst on a whole answer cuts the body after pieces of 32 bytes', async () => {
    const body = JSON.stringify({ model: 'fault/rst-2', messages: [{ role: 'user', content: 'hi' }] });
    const reply = await client.raw('/v1/chat/completions', body);
    expect(reply.reset).toBe(true);
    expect(reply.text.slice(reply.text.indexOf('\r\n\r\n') + 4)).toHaveLength(64);
    expect((await client.lastTruth()).emittedTokens).toBe(0);
  });

  test('short-length promises more than it sends', async () => {
    const body = JSON.stringify({ model: 'fault/short-length', messages: [{ role: 'user', content: 'hi' }] });
    const reply = await client.raw('/v1/chat/completions', body);
    const promised = Number(/Content-Length: (\d+)/.exec(reply.text)?.[1]);
    const sent = Buffer.byteLength(reply.text.slice(reply.text.indexOf('\r\n\r\n') + 4));
    expect(promised - sent).toBe(100);
  });
});

describe('a stream in another rhythm', () => {
  test('split-1 sends single bytes, in the middle of characters too', async () => {
    const body = stream('split-1+tokens-2');
    const reply = await client.raw('/v1/chat/completions', body);
    const sizes = [...reply.text.matchAll(/\r\n([0-9a-f]+)\r\n/g)].map((match) => match[1]);
    expect(new Set(sizes.slice(0, 50))).toEqual(new Set(['1']));
    expect(await client.lastTruth()).toMatchObject({ finished: true });
  });

  test('split keeps the text whole', async () => {
    const reply = await client.send('/v1/chat/completions', { method: 'POST', body: stream('split-3') });
    expect(said(reply.text)).toBe(TALE);
  });

  test('coalesce sends the whole stream in one chunk', async () => {
    const reply = await client.raw('/v1/chat/completions', stream('coalesce'));
    const [, size = ''] = /\r\n\r\n([0-9a-f]+)\r\n/.exec(reply.text) ?? [];
    expect(Buffer.byteLength(bodyOf(reply.text))).toBe(Number.parseInt(size, 16));
    expect((await client.lastTruth()).emittedTokens).toBe((await client.lastTruth()).generatedTokens);
  });

  test('slow-2000 takes the time that two thousand bytes a second need', async () => {
    const before = performance.now();
    const body = stream('slow-2000', 'echo:hi');
    const reply = await client.send('/v1/chat/completions', { method: 'POST', body });
    const seconds = (performance.now() - before) / 1000;
    expect(reply.bytes.length / seconds).toBeLessThan(2600);
    expect(said(reply.text)).toBe('hi');
  });

  test('pace-20 spaces the tokens', async () => {
    const before = performance.now();
    await client.send('/v1/chat/completions', { method: 'POST', body: stream('pace-20') });
    const { generatedTokens } = await client.lastTruth();
    expect(performance.now() - before).toBeGreaterThanOrEqual((generatedTokens - 1) * 20 - 5);
  });
});

describe('spoilt headers and encodings', () => {
  test('bom stands before a whole answer', async () => {
    const reply = await client.chat('fault/bom', 'hi');
    expect(reply.bytes.subarray(0, 4)).toEqual(Buffer.from([0xef, 0xbb, 0xbf, 0x7b]));
    expect(reply.headers.get('content-length')).toBe(String(reply.bytes.length));
  });

  test('invalid-utf8 breaks the content of a whole answer', async () => {
    const reply = await client.chat('fault/invalid-utf8', 'hi');
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(reply.bytes)).toThrow();
    expect(reply.text).toContain('"object":"chat.completion"');
  });

  test('early-hints-3 come before the answer', async () => {
    const body = '{"model":"fault/early-hints-3","messages":[{"role":"user","content":"hi"}]}';
    const reply = await client.raw('/v1/chat/completions', body);
    expect(reply.text.split('HTTP/1.1 103 Early Hints')).toHaveLength(4);
  });

  test('gzip packs the answer although nobody asked for it', async () => {
    const reply = await client.raw('/v1/chat/completions', stream('gzip'));
    expect(reply.text).toContain('Content-Encoding: gzip');
    const decoded = await client.send('/v1/chat/completions', { method: 'POST', body: stream('gzip') });
    expect(said(decoded.text)).toBe(TALE);
  });

  test('gzip-3 packs it three times', async () => {
    const body = JSON.stringify({ model: 'fault/gzip-3', messages: [{ role: 'user', content: 'hi' }] });
    const response = await new Promise<Buffer>((resolve) => {
      void import('node:http').then(({ request }) => {
        const options = {
          port: client.port,
          host: '127.0.0.1',
          path: '/v1/chat/completions',
          method: 'POST',
        };
        const sent = request(options, (res) => {
          const parts: Buffer[] = [];
          res.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
        });
        sent.end(body);
      });
    });
    const unpacked = gunzipSync(gunzipSync(gunzipSync(response)));
    expect(JSON.parse(unpacked.toString('utf8'))).toMatchObject({ object: 'chat.completion' });
  });

  test('hostile-headers come with an otherwise good answer', async () => {
    const reply = await client.chat('fault/hostile-headers', 'hi');
    expect([reply.status, reply.headers.get('clear-site-data'), reply.headers.get('refresh')]).toEqual([
      200,
      '"*"',
      '0; url=http://127.0.0.1:9/',
    ]);
  });

  test('wrong-type calls a good answer a page', async () => {
    const reply = await client.chat('fault/wrong-type', 'hi');
    expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(json(reply)).toMatchObject({ object: 'chat.completion' });
  });

  test('big-headers-1 has a megabyte of header', async () => {
    const reply = await client.raw('/v1/chat/completions', '{"model":"fault/big-headers-1","messages":[{}]}');
    expect(reply.text.indexOf('\r\n\r\n')).toBeGreaterThan(1_048_576);
  });

  test('100-continue-5 says five times to go on before it answers', async () => {
    const body = '{"model":"fault/100-continue-5","messages":[{"role":"user","content":"hi"}]}';
    const reply = await client.raw('/v1/chat/completions', body);
    expect(reply.text.split('HTTP/1.1 100 Continue\r\n\r\n')).toHaveLength(6);
    expect(reply.text).toContain('HTTP/1.1 200 OK');
  });
});
