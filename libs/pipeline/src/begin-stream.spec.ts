import { expect, test } from '@jest/globals';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { once } from 'node:events';
import { beginStream } from './begin-stream.js';

/** The packets of an answer that `write` gives. */
async function packetsOf(write: (res: ServerResponse) => void): Promise<string[]> {
  const server = createServer((_req, res) => write(res)).listen(0);
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port);
  const packets: string[] = [];
  client.on('data', (bytes: Buffer) => packets.push(bytes.toString('latin1')));
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await once(client, 'close');
  await new Promise((resolve) => server.close(resolve));
  return packets;
}

test('sends the head of a stream in one packet with what is written in the same turn', async () => {
  const packets = await packetsOf((res) => {
    beginStream(res, 200, ['content-type', 'text/event-stream']);
    res.write('data: 1\n\n');
    setTimeout(() => res.end('data: 2\n\n'), 50);
  });
  expect(packets[0]).toContain('content-type: text/event-stream');
  expect(packets[0]).toContain('data: 1');
  expect(packets.slice(1).join('')).toContain('data: 2');
});

test('sends the head at once though nothing is written', async () => {
  const packets = await packetsOf((res) => {
    beginStream(res, 200, ['x-a', 'b']);
    setTimeout(() => res.end('late'), 50);
  });
  expect(packets[0]).toContain('x-a: b');
  expect(packets[0]).not.toContain('late');
});
