import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { dropStalledClients } from './stalled-clients.js';

const STALLED_MS = 500;
/** More than the kernels of both ends keep. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');

let server: Server;

beforeEach(async () => {
  server = createServer({ keepAliveTimeout: 500 }, (req, res) => {
    if (req.url === '/large') res.end(LARGE);
    else setTimeout(() => res.end('late'), 2.5 * STALLED_MS);
  });
  dropStalledClients(server, STALLED_MS);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function ask(path: string): Socket {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return client;
}

const connections = (): Promise<number> =>
  new Promise((resolve) => server.getConnections((_, count) => resolve(count)));

test('a client that takes nothing of its answer is dropped', async () => {
  const client = ask('/large').pause();
  await once(client, 'connect');
  while ((await connections()) > 0) await sleep(50);
  expect(await connections()).toBe(0);
}, 10_000);

test('one that waits long for its answer gets it, and its connection ends with keep-alive', async () => {
  const client = ask('/late');
  const [answer] = (await once(client, 'data')) as [Buffer];
  expect(answer.toString()).toContain('late');
  expect(await connections()).toBe(1);
  await once(client, 'close');
});

test('one that reads slowly gets all of it', async () => {
  const client = ask('/large');
  let bytes = 0;
  client.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    client.pause();
    setTimeout(() => client.resume(), 2);
  });
  while (bytes < LARGE.length && !client.destroyed) await sleep(20);
  expect(bytes).toBeGreaterThan(LARGE.length);
}, 60_000);
