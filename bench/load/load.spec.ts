import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClosedLoop } from './closed-loop.ts';
import { requestOf } from './connection.ts';
import { OpenLoop } from './open-loop.ts';
import { StreamLoad } from './streams.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers each request with these pieces, one write each. */
function answering(pieces: readonly string[], betweenMs = 0): Promise<number> {
  const answer = async (socket: Socket): Promise<void> => {
    for (const piece of pieces) {
      socket.write(piece);
      if (betweenMs > 0) await sleep(betweenMs);
    }
  };
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => void answer(socket));
    socket.on('error', () => undefined);
  });
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

const request = (port: number): Buffer => requestOf({ port, path: '/x', key: 'sk-1' }, { a: 1 });
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';

const ANSWERS: readonly (readonly [string, readonly string[]])[] = [
  ['one piece', [`${HEAD}hello`]],
  ['head and body apart', [HEAD, 'hello']],
  ['a head in two pieces', [HEAD.slice(0, 20), `${HEAD.slice(20)}hel`, 'lo']],
  ['chunks', ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '5\r\nhello\r\n', '0\r\n\r\n']],
  [
    'chunks whose end comes in two pieces',
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r', '\n\r\n'],
  ],
];

describe('the closed loop', () => {
  for (const [name, pieces] of ANSWERS) {
    test(`counts answers that come as ${name}`, async () => {
      const port = await answering(pieces, 5);
      const load = new ClosedLoop(port, request(port), 2);
      load.start();
      const { requests, failures } = await load.measure(250);
      await load.stop();
      expect(failures).toBe(0);
      expect(requests).toBeGreaterThan(4);
    });
  }

  test('counts other statuses and closed connections as failures', async () => {
    const port = await answering(['HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n']);
    const load = new ClosedLoop(port, request(port), 1);
    load.start();
    const { requests, failures } = await load.measure(50);
    await load.stop();
    expect(requests).toBeGreaterThan(0);
    expect(failures).toBe(requests);
  });
});

describe('the open loop', () => {
  test('keeps its rate whatever the server does, and counts the wait for a connection', async () => {
    const port = await answering(['', `${HEAD}hello`], 10);
    const { requests, failures, p50Ms, p99Ms } = await new OpenLoop(port, request(port), 7).run(
      200,
      1_000,
      100,
    );
    expect(failures).toBe(0);
    expect(requests).toBeGreaterThan(140);
    expect(requests).toBeLessThan(280);
    expect(p50Ms).toBeGreaterThan(8);
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
  });
});

describe('the load of streams', () => {
  test('counts frames and begins a stream anew when it ends', async () => {
    const frames = ['data: {"a":1}\n\n', 'data: {"a":2}\n\ndata: {"a":3}\n\n', 'data: [DONE]\n\n'];
    const port = await answering(
      ['HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n', ...frames],
      5,
    );
    const load = new StreamLoad(port, request(port), 1);
    await load.start(1);
    const { frames: seen, failures } = await load.measure(400);
    load.stop();
    expect(failures).toBe(0);
    expect(load.streamsEnded).toBeGreaterThan(1);
    expect(seen).toBeGreaterThanOrEqual(load.streamsEnded * 3);
  });
});
