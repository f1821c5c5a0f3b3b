import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { aDeployment } from '@testing/call';
import { AttemptScope } from './attempt-scope.js';
import { collect } from './exchange.js';
import { UpstreamClient } from './upstream.client.js';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let server: Server;
let client: UpstreamClient;
let received: Received[];

beforeEach(async () => {
  received = [];
  server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      received.push({ headers: req.headers, body: Buffer.concat(chunks) });
      res.writeHead(received.length === 1 ? 503 : 200).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = new UpstreamClient(true);
});
afterEach(async () => {
  await client.onApplicationShutdown();
  server.closeAllConnections();
  server.close();
});

async function post(body: readonly Buffer[]): Promise<number> {
  const { port } = server.address() as AddressInfo;
  const scope = new AttemptScope(null, 5_000);
  try {
    const reply = await client.post(aDeployment({ origin: `http://127.0.0.1:${port}` }), {
      path: '/chat/completions',
      body,
      contentType: 'application/json',
      accept: 'application/json',
      scope,
    });
    await collect(reply.body, 100);
    return reply.status;
  } finally {
    scope.close();
  }
}

test.each([
  ['small', 10],
  ['large', 1_000_000],
])('a %s body in pieces arrives whole, with its length, also on the second try', async (_, size) => {
  const pieces = [Buffer.from('{"model":'), Buffer.from('"a"'), Buffer.alloc(size, ' '), Buffer.from('}')];
  await expect(post(pieces)).rejects.toMatchObject({ status: 503 });
  expect(await post(pieces)).toBe(200);
  for (const { headers, body } of received) {
    expect(body.equals(Buffer.concat(pieces))).toBe(true);
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['transfer-encoding']).toBeUndefined();
  }
  expect(received).toHaveLength(2);
});
