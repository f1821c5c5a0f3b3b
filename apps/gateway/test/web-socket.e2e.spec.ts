import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { until } from './harness.ts';
import { raw } from './harness/raw.ts';
import { suite } from './harness/suite.ts';

/** A backend that says back what it hears, and refuses where its path says so. */
const backend: Server = createServer(({ url }, res) => {
  if (url === '/fresh') res.writeHead(304, { etag: '"1"' }).end();
  else if (url === '/large') res.writeHead(500).end('x'.repeat(1_000_000));
  else if (url?.startsWith('/said')) res.writeHead(500).end(`No such thing at ${url}`);
  else if (url === '/hints') {
    for (let count = 0; count < 100; count += 1) res.writeEarlyHints({ link: '</a>; rel=preload' });
    res.end('at last');
  } else if (url === '/half') res.writeHead(500).write('It failed beca');
  else res.writeHead(404).end('{"detail":"Not Found"}');
});
const echo = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
let lastAsked: IncomingMessage | undefined;

backend.on('upgrade', (req: IncomingMessage, socket, head) => {
  lastAsked = req;
  if (req.url?.startsWith('/refuse') === true) {
    socket.end('HTTP/1.1 403 Forbidden\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  echo.handleUpgrade(req, socket, head, (client) => {
    client.on('message', (data, isBinary) => client.send(data as Buffer, { binary: isBinary }));
  });
});
echo.on('headers', (headers) => headers.push('Set-Cookie: __Host-sess=evil', 'Clear-Site-Data: "*"'));
await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
const target = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;

const parts = suite({
  general: {
    pass_through_endpoints: [
      { path: '/live', target, include_subpath: true, auth: true, cost_per_request: 0.25 },
      { path: '/open', target, include_subpath: true },
      { path: '/keyed', target: `${target}/said?api_key=query%2Fsecret-1`, merge_query_params: true },
      { path: '/dead', target: 'http://127.0.0.1:9', include_subpath: true },
    ],
  },
});
let key = '';

beforeAll(async () => {
  key = await parts.gateway.key({ key_alias: 'listener' });
});

afterAll(() => {
  for (const client of echo.clients) client.terminate();
  backend.closeAllConnections();
  backend.close();
});

const address = (path: string): string => parts.gateway.url.replace('http', 'ws') + path;

function dial(path: string, headers: Record<string, string> = { authorization: `Bearer ${key}` }) {
  const callId = `ws-${randomUUID()}`;
  return {
    socket: new WebSocket(address(path), { headers: { 'x-litellm-call-id': callId, ...headers } }),
    callId,
  };
}

/** The status and the body that a refused handshake was answered with. */
async function refusalOf(socket: WebSocket): Promise<{ status: number; body: string; headers: object }> {
  const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const body = (await answer.setEncoding('utf8').toArray()).join('');
  return { status: answer.statusCode ?? 0, body, headers: answer.headers };
}

const errorIn = (body: string): { type: string; message: string } =>
  (JSON.parse(body) as { error: { type: string; message: string } }).error;

describe('a WebSocket through a pass-through', () => {
  test('carries text and bytes both ways, and stands in the books once it is over', async () => {
    const { socket, callId } = dial('/live/echo?model=tiny');
    await once(socket, 'open');
    socket.send('hello');
    expect(String(((await once(socket, 'message')) as [Buffer])[0])).toBe('hello');
    const bytes = Buffer.alloc(1_000_000, 7);
    socket.send(bytes);
    expect(bytes.equals(((await once(socket, 'message')) as [Buffer])[0])).toBe(true);
    expect(lastAsked?.url).toBe('/echo?model=tiny');
    expect(lastAsked?.headers.authorization).toBeUndefined();
    socket.close(1000);
    expect((await once(socket, 'close'))[0]).toBe(1000);
    expect(await parts.gateway.row(callId)).toMatchObject({
      call_type: 'pass_through_endpoint',
      status: 'success',
      spend: 0.25,
    });
  });

  test("is opened by Node's own client, with the protocol of its choice", async () => {
    const socket = new globalThis.WebSocket(address('/open/echo'), ['chat']);
    const said = new Promise<unknown>((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = () => reject(new Error('no connection'));
    });
    socket.onopen = () => socket.send('from Node');
    expect(await said).toBe('from Node');
    expect(socket.protocol).toBe('chat');
    socket.close();
  });

  test('lets nothing of the backend act on a browser in our name', async () => {
    const { socket } = dial('/live/echo');
    const [answer] = (await once(socket, 'upgrade')) as [IncomingMessage];
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers).not.toHaveProperty('clear-site-data');
    socket.terminate();
  });

  test.each([
    ['without a key', '/live/echo', {}, 401],
    ['with a key that is none', '/live/echo', { authorization: 'Bearer sk-nobody' }, 401],
    ['from a page of another address', '/open/echo', { origin: 'https://evil.example' }, 403],
    ['where the path would climb', '/open/a%5cb', {}, 400],
    ['where nobody listens', '/dead/echo', {}, 502],
    ['where the backend refuses', '/open/refuse', {}, 403],
  ])('is refused %s, in the one shape', async (_, path, headers, status) => {
    const { socket } = dial(path, headers);
    const refusal = await refusalOf(socket);
    expect([refusal.status, typeof errorIn(refusal.body).message]).toEqual([status, 'string']);
    expect(refusal.headers).not.toHaveProperty('set-cookie');
    expect(refusal.headers).toHaveProperty('x-litellm-call-id');
  });

  test('is refused to a key that may not use this route or that names no model of its own', async () => {
    const narrow = await parts.gateway.key({ allowed_routes: ['/v1/chat/completions'] });
    const limited = await parts.gateway.key({ models: ['tiny'] });
    for (const [own, path] of [
      [narrow, '/live/echo'],
      [limited, '/live/echo'],
      [limited, '/live/echo?model=other'],
    ] as const) {
      const refusal = await refusalOf(dial(path, { authorization: `Bearer ${own}` }).socket);
      expect([path, refusal.status]).toEqual([path, 403]);
    }
  });

  test('is not heard on other routes: they answer as ever', async () => {
    const refusal = await refusalOf(dial('/v1/models').socket);
    expect(refusal.status).toBe(200);
    expect(refusal.body).toContain('"object":"list"');
  });

  test('meets the edge guard like every request', async () => {
    const answer = await raw(
      parts.gateway.port,
      'GET /open/echo HTTP/1.1\r\nhost: a\r\nhost: b\r\nupgrade: websocket\r\nconnection: Upgrade\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    expect([answer.status, answer.closed]).toEqual([400, true]);
  });

  test('ends at the backend within 100 ms of its client leaving, and the row says so', async () => {
    const { socket, callId } = dial('/live/echo');
    await once(socket, 'open');
    socket.send('x');
    await once(socket, 'message');
    const there = [...echo.clients].at(-1);
    const gone = new Promise<number>((resolve) => there?.once('close', () => resolve(performance.now())));
    const leftAt = performance.now();
    socket.terminate();
    expect((await gone) - leftAt).toBeLessThan(100);
    expect((await parts.gateway.row(callId)).metadata?.http_status).toBe(499);
  });

  test('ends for the client where the backend breaks off', async () => {
    const { socket, callId } = dial('/live/echo');
    await once(socket, 'open');
    for (const client of echo.clients) client.terminate();
    await once(socket, 'close');
    expect(socket.readyState).toBe(WebSocket.CLOSED);
    await until('the row', async () => (await parts.gateway.row(callId)).request_id !== undefined);
  });
});

describe('an answer of a backend', () => {
  test('that never says all of its error is given up, and its status told', async () => {
    const { status } = await fetch(`${parts.gateway.url}/open/half`);
    expect(status).toBe(500);
  }, 6_000);

  test('that says more of its error than anybody reads has its status', async () => {
    const { status } = await fetch(`${parts.gateway.url}/open/large`);
    expect(status).toBe(500);
  });

  test('that never says all of its error is let go with the client', async () => {
    const callId = `half-${randomUUID()}`;
    const asked = once(backend, 'request') as Promise<[IncomingMessage]>;
    const headers = { 'x-litellm-call-id': callId };
    const left = fetch(`${parts.gateway.url}/open/half`, { headers, signal: AbortSignal.timeout(300) });
    await expect(left).rejects.toThrow();
    const [{ socket }] = await asked;
    await until('the backend is let go', () => socket.destroyed, 1_000);
    expect((await parts.gateway.row(callId)).metadata?.http_status).toBe(499);
  });

  test('that repeats the key in the address of its target is told without it', async () => {
    const answer = await fetch(`${parts.gateway.url}/keyed`);
    const text = await answer.text();
    expect([answer.status, text.includes('No such thing at')]).toEqual([500, true]);
    expect(text).not.toContain('secret-1');
  });

  test('that comes after a hundred hints is not waited for', async () => {
    const { status } = await fetch(`${parts.gateway.url}/open/hints`);
    expect(status).toBe(502);
  });

  test('to a body larger than any route takes is not asked for', async () => {
    const answer = await raw(
      parts.gateway.port,
      'POST /open/large HTTP/1.1\r\nhost: a\r\ncontent-length: 2000000000\r\n\r\n',
    );
    expect([answer.status, answer.closed]).toEqual([413, true]);
  });

  test('that nothing has changed is passed on', async () => {
    const { status, headers } = await fetch(`${parts.gateway.url}/open/fresh`);
    expect([status, headers.get('etag')]).toEqual([304, '"1"']);
  });
});
