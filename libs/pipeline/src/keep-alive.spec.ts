import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { keepAlive } from './keep-alive.js';

let server: Server;
let client: ServerResponse;
let answer: Promise<IncomingMessage>;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = get({ port: (server.address() as AddressInfo).port });
  answer = once(request, 'response').then(([message]) => message as IncomingMessage);
  [, client] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
});

afterEach(async () => {
  jest.useRealTimers();
  client.end();
  (await answer).resume();
  server.closeAllConnections();
  server.close();
});

test('after five seconds of silence the answer begins with a comment, and goes on with one every ten', async () => {
  const stop = keepAlive(client, () => ['content-type', 'text/event-stream']);
  jest.advanceTimersByTime(4_999);
  expect(client.headersSent).toBe(false);
  jest.advanceTimersByTime(20_001);
  stop();
  jest.advanceTimersByTime(60_000);
  client.end();
  const message = await answer;
  const chunks = await message.setEncoding('utf8').toArray();
  expect([message.statusCode, message.headers['content-type']]).toEqual([200, 'text/event-stream']);
  expect(chunks.join('')).toBe(': keep-alive\n\n'.repeat(3));
});

test('an answer that has begun by then is left alone', async () => {
  const stop = keepAlive(client, () => []);
  client.writeHead(200, { 'x-own': '1' });
  jest.advanceTimersByTime(60_000);
  stop();
  client.end('whole');
  const message = await answer;
  expect(message.headers['x-own']).toBe('1');
  expect((await message.setEncoding('utf8').toArray()).join('')).toBe('whole');
});

test('a stream that goes on after an earlier part is kept company too', async () => {
  client.writeHead(200, { 'x-own': '1' });
  client.write('data: 1\n\n');
  const stop = keepAlive(client, () => []);
  jest.advanceTimersByTime(15_000);
  stop();
  client.end();
  const message = await answer;
  expect((await message.setEncoding('utf8').toArray()).join('')).toBe(
    `data: 1\n\n${': keep-alive\n\n'.repeat(2)}`,
  );
});

test('nothing is sent after it was stopped', () => {
  keepAlive(client, () => [])();
  jest.advanceTimersByTime(60_000);
  expect(client.headersSent).toBe(false);
  client.writeHead(200);
});
