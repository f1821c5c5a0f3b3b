import { afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { relayAnswer } from './relay-answer.js';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** An answer of a backend that does what it is told. */
async function answerOf(behave: (res: ServerResponse) => void): Promise<IncomingMessage> {
  server = createServer((_, res) => behave(res)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const asked = get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

const relay = (answer: IncomingMessage, idleMs: number): Promise<void> =>
  relayAnswer(answer, new PassThrough().resume(), { signal: new AbortController().signal, idleMs });

test('an answer that stops in its middle is given up, while the client still waits', async () => {
  const answer = await answerOf((res) => res.write('the beginning'));
  await expect(relay(answer, 60)).rejects.toMatchObject({ status: 504, type: 'upstream_timeout' });
  expect(answer.destroyed).toBe(true);
});

test('an answer that is slow, but goes on, is sent to its end', async () => {
  const answer = await answerOf((res) => {
    let count = 0;
    const timer = setInterval(() => {
      res.write('piece');
      if ((count += 1) < 5) return;
      clearInterval(timer);
      res.end();
    }, 60);
  });
  await relay(answer, 200);
  expect(answer.complete).toBe(true);
});
