import { randomBytes } from 'node:crypto';
import { aChat } from '../../harness/gateway.ts';
import { requestBytes } from '../../harness/raw.ts';
import { type Arena } from '../arena.ts';
import { type Attack, rawAttack } from '../attack.ts';

const CHAT = '/v1/chat/completions';
const BODY = JSON.stringify(aChat());

export const PROTOCOL: readonly Attack[] = [
  rawAttack({ id: 'X022', input: 'HTTP/0.9 style', expected: '400 or 505' }, [
    { name: 'no version', send: () => 'GET /key/info\r\n\r\n', status: [400, 505], closes: true },
    {
      name: 'HTTP/0.9',
      send: () => 'GET /key/info HTTP/0.9\r\nHost: a\r\n\r\n',
      status: [400, 505],
      closes: true,
    },
  ]),
  rawAttack({ id: 'X024', input: 'what is not HTTP/1', expected: '400 close' }, [
    { name: 'HTTP/1.2', send: () => 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', status: [400, 505], closes: true },
    { name: 'HTTP/2.0', send: () => 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', status: [400, 505], closes: true },
    { name: 'h2 preface', send: () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: [400, 505], closes: true },
    {
      name: 'TLS hello',
      send: () => Buffer.from('16030100c8010000c40303', 'hex'),
      status: [400],
      closes: true,
    },
    {
      name: '300 random bytes',
      send: () => Buffer.concat([Buffer.from([0x80]), randomBytes(299)]),
      status: [400],
      closes: true,
    },
    {
      name: 'NUL in the target',
      send: () => 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n',
      status: [400],
      closes: true,
    },
    {
      name: 'NUL in a header',
      send: () => 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n',
      status: [400],
      closes: true,
    },
    { name: 'bare LF lines', send: () => 'GET / HTTP/1.1\nHost: a\n\n', status: [400], closes: true },
  ]),
  rawAttack({ id: 'X025', input: 'Upgrade on a normal route', expected: 'ignored, no 101' }, [
    {
      name: 'h2c',
      send: ({ key }) =>
        requestBytes({
          target: '/v1/models',
          key,
          headers: [
            'Connection: Upgrade, HTTP2-Settings',
            'Upgrade: h2c',
            'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
          ],
        }),
      status: [200],
    },
    {
      name: 'websocket',
      send: ({ key }) =>
        requestBytes({
          target: '/v1/models',
          key,
          headers: [
            'Connection: Upgrade',
            'Upgrade: websocket',
            'Sec-WebSocket-Key: AAAA',
            'Sec-WebSocket-Version: 13',
          ],
        }),
      status: [200],
    },
    {
      name: 'websocket without a key',
      send: () =>
        requestBytes({ target: '/v1/models', headers: ['Connection: Upgrade', 'Upgrade: websocket'] }),
      status: [401],
    },
  ]),
  rawAttack({ id: 'X027', input: 'Expect: 200-ok', expected: '417' }, [
    {
      name: '200-ok',
      send: ({ key }) => requestBytes({ target: '/v1/models', key, headers: ['Expect: 200-ok'] }),
      status: [417],
    },
    {
      name: '100-continue is answered',
      send: ({ key }) => requestBytes({ target: CHAT, key, headers: ['Expect: 100-continue'], body: BODY }),
      status: [200],
    },
  ]),
  rawAttack({ id: 'X028', input: '20 KB header, 20 KB URL', expected: '431 or 414, close' }, [
    {
      name: 'header',
      send: () => requestBytes({ headers: [`X-Big: ${'a'.repeat(20_480)}`] }),
      status: [431],
      closes: true,
    },
    {
      name: 'URL',
      send: () => requestBytes({ target: `/${'a'.repeat(20_480)}` }),
      status: [414, 431],
      closes: true,
    },
    {
      name: 'query',
      send: () => requestBytes({ target: `/?${'a'.repeat(20_480)}` }),
      status: [414, 431],
      closes: true,
    },
  ]),
  rawAttack({ id: 'X029', input: '2,100 headers', expected: '431' }, [
    { name: '2,100', send: manyHeaders(2_100), status: [431], closes: true },
    { name: '150', send: manyHeaders(150), status: [431], closes: true },
  ]),
  rawAttack({ id: 'X031', input: 'two Authorization headers', expected: '400' }, [
    { name: 'valid first', send: ({ key }) => twoKeys(key, 'sk-wrong'), status: [400], upstream: 0 },
    { name: 'valid last', send: ({ key }) => twoKeys('sk-wrong', key), status: [400], upstream: 0 },
    { name: 'equal', send: ({ key }) => twoKeys(key, key), status: [400], upstream: 0 },
  ]),
];

function manyHeaders(count: number) {
  const headers = Array.from({ length: count }, (_, i) => `X${i}: 1`);
  return ({ key }: Arena): Buffer => requestBytes({ target: '/v1/models', key, headers });
}

const twoKeys = (first: string, second: string): Buffer =>
  requestBytes({
    target: '/v1/models',
    headers: [`Authorization: Bearer ${first}`, `Authorization: Bearer ${second}`],
  });
