import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { ClientClosedRequestError } from './errors.js';
import { LiveCalls } from './live-calls.js';

let server: Server;

afterEach(() => void server.close());

/** The answer to a request whose client sends nothing more, and the end of that client. */
async function anAnswer(): Promise<{ res: ServerResponse; leave: () => Promise<void> }> {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [, res] = (await once(server, 'request')) as [unknown, ServerResponse];
  const leave = async (): Promise<void> => {
    const closed = once(res, 'close');
    client.destroy();
    await closed;
  };
  return { res, leave };
}

test('a client that leaves ends its call', async () => {
  const { res, leave } = await anAnswer();
  const calls = new LiveCalls();
  const signal = calls.follow(res);
  expect([signal.aborted, calls.size]).toEqual([false, 1]);
  await leave();
  expect(signal.reason).toBeInstanceOf(ClientClosedRequestError);
  expect(calls.size).toBe(0);
});

test('one that has left before its call began ends it too, and is not waited for', async () => {
  const { res, leave } = await anAnswer();
  await leave();
  const calls = new LiveCalls();
  expect(calls.follow(res).reason).toBeInstanceOf(ClientClosedRequestError);
  expect(calls.size).toBe(0);
});
