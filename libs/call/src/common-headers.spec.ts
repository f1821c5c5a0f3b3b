import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, request, type Server, ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { addCommonHeaders, contentTypeOf, writeHeadWithCommon } from './common-headers.js';

class Answer extends ServerResponse {}
Object.assign(Answer.prototype, { writeHead: writeHeadWithCommon });

type Write = (res: ServerResponse) => void;
let server: Server;
let write: Write = () => undefined;

beforeAll(async () => {
  server = createServer({ ServerResponse: Answer }, (_req, res) => {
    addCommonHeaders(res, 'x-request-id', 'abc', 'x-limit', '100');
    write(res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
});

async function headersOf(writer: Write): Promise<IncomingMessage['headers']> {
  write = writer;
  const { port } = server.address() as AddressInfo;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1', agent: false }, resolve).once('error', reject).end();
  });
  answer.resume();
  return answer.headers;
}

const COMMON = { 'x-request-id': 'abc', 'x-limit': '100' };

describe('headers that every answer has', () => {
  it.each<[string, Write]>([
    ['a list', (res) => void res.writeHead(200, ['content-type', 'text/plain']).end('x')],
    ['an object', (res) => void res.writeHead(200, { 'content-type': 'text/plain' }).end('x')],
    ['headers set one by one', (res) => void res.setHeader('content-type', 'text/plain').end('x')],
    ['both', (res) => void res.setHeader('x-y', 'z').writeHead(200, ['content-type', 'text/plain']).end('x')],
  ])('join a head given as %s', async (_, writer) => {
    expect(await headersOf(writer)).toMatchObject({ ...COMMON, 'content-type': 'text/plain' });
  });

  it.each<[string, Write]>([
    ['in a list', (res) => void res.writeHead(200, ['x-limit', '7']).end()],
    ['in an object', (res) => void res.writeHead(200, { 'x-limit': '7' }).end()],
    ['before', (res) => void res.setHeader('x-limit', '7').end()],
  ])('give way to what the answer says itself %s', async (_, writer) => {
    expect(await headersOf(writer)).toMatchObject({ ...COMMON, 'x-limit': '7' });
  });
});

it.each<[string, Write]>([
  ['as a list', (res) => void res.writeHead(200, ['content-type', 'text/plain'])],
  ['as an object', (res) => void res.writeHead(200, { 'content-type': 'text/plain' })],
  ['before', (res) => void res.setHeader('content-type', 'text/plain').writeHead(200, ['x-y', 'z'])],
])('the content type of an answer that has begun is known, given %s', async (_, writer) => {
  let type = '';
  await headersOf((res) => {
    writer(res);
    type = contentTypeOf(res);
    res.end('x');
  });
  expect(type).toBe('text/plain');
});
