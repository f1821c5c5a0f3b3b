import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type Server, type Socket } from 'node:net';
import { raw, requestBytes } from './raw.ts';
import { TcpProxy } from './tcp-proxy.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function serving(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

const saying = (text: string, ends = false): Promise<number> =>
  serving((socket) => socket.once('data', () => (ends ? socket.end(text) : socket.write(text))));

describe('a raw reply', () => {
  test('has status, headers and a body of its length', async () => {
    const port = await saying('HTTP/1.1 400 No\r\nContent-Length: 2\r\nX-A: b: c\r\n\r\nno');
    const reply = await raw(port, 'x');
    expect([reply.status, reply.body, reply.responses, reply.closed]).toEqual([400, 'no', 1, false]);
    expect(reply.headers.get('x-a')).toBe('b: c');
  });

  test('is put together from chunks', async () => {
    const port = await saying(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    );
    expect((await raw(port, 'x')).body).toBe('abcde');
  });

  test('counts every response on the connection, interim ones not', async () => {
    const one = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1';
    const port = await saying(`HTTP/1.1 100 Continue\r\n\r\n${one}${one}`);
    expect((await raw(port, 'x')).responses).toBe(2);
  });

  test('notices that the server closed, with and without a word', async () => {
    expect(
      await raw(await saying('HTTP/1.1 408 Slow\r\nContent-Length: 0\r\n\r\n', true), 'x'),
    ).toMatchObject({ status: 408, closed: true });
    expect(await raw(await serving((socket) => socket.end()), 'x')).toMatchObject({
      status: 0,
      closed: true,
      responses: 0,
    });
  });

  test('gives up on a server that says nothing', async () => {
    const reply = await raw(await serving(() => undefined), 'x', { waitMs: 50 });
    expect([reply.status, reply.closed]).toEqual([0, false]);
  });
});

describe('the bytes of a request', () => {
  test('are what was asked for and nothing more', () => {
    const bytes = requestBytes({ target: '/a', host: null, headers: ['A:b'], key: 'sk-1' });
    expect(bytes.toString()).toBe('GET /a HTTP/1.1\r\nAuthorization: Bearer sk-1\r\nA:b\r\n\r\n');
  });

  test('describe a body unless told not to', () => {
    expect(requestBytes({ body: 'ä' }).toString()).toMatch(/^POST [\s\S]*Content-Length: 2\r\n\r\nä$/);
    expect(requestBytes({ body: 'x', describesBody: false }).toString()).not.toContain('Content-Length');
  });
});

describe('the wire', () => {
  const ask = (port: number): ReturnType<typeof raw> => raw(port, 'x', { waitMs: 150 });

  test('passes on, refuses, freezes and heals', async () => {
    const target = await saying('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    const wire = await new TcpProxy({ host: '127.0.0.1', port: target }).start();
    expect((await ask(wire.port)).status).toBe(200);
    await wire.become('refuse');
    expect((await ask(wire.port)).status).toBe(0);
    await wire.become('freeze');
    expect(await ask(wire.port)).toMatchObject({ status: 0, closed: false });
    await wire.become('through');
    expect((await ask(wire.port)).status).toBe(200);
    await wire.stop();
  });
});
