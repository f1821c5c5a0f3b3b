import { aChat } from '../../harness/gateway.ts';
import { requestBytes } from '../../harness/raw.ts';
import { type Arena } from '../arena.ts';
import { type Attack, rawAttack, type RawProbe } from '../attack.ts';

const CHAT = '/v1/chat/completions';
const BODY = JSON.stringify(aChat());
const REFUSED: Pick<RawProbe, 'status' | 'closes' | 'upstream'> = {
  status: [400],
  closes: true,
  upstream: 0,
};

/** A chat request whose framing headers are written by hand. */
const framed =
  (headers: readonly string[], body: string | Buffer) =>
  ({ key }: Arena): Buffer =>
    requestBytes({
      method: 'POST',
      target: CHAT,
      key,
      headers: ['Content-Type: application/json', ...headers],
      body,
      describesBody: false,
    });

const chunked = (size: string, extras = ''): string => `${size}${extras}\r\n${BODY}\r\n0\r\n\r\n`;
const HEX = Buffer.byteLength(BODY).toString(16);
const LENGTH = `Content-Length: ${Buffer.byteLength(BODY)}`;
const CHUNKED = 'Transfer-Encoding: chunked';

const refused = (name: string, headers: readonly string[], body = BODY): RawProbe => ({
  name,
  send: framed(headers, body),
  ...REFUSED,
});

const coding = (value: string): RawProbe => refused(JSON.stringify(value), [value], chunked(HEX));
const chunkOf = (name: string, body: string): RawProbe => refused(name, [CHUNKED], body);

export const FRAMING: readonly Attack[] = [
  rawAttack({ id: 'X001', input: 'Content-Length and Transfer-Encoding', expected: '400 close' }, [
    refused('length first', [LENGTH, CHUNKED], chunked(HEX)),
    refused('coding first', [CHUNKED, LENGTH], chunked(HEX)),
  ]),
  rawAttack({ id: 'X002', input: 'two equal Content-Length', expected: '400 close' }, [
    refused('equal', [LENGTH, LENGTH]),
  ]),
  rawAttack({ id: 'X003', input: 'two different Content-Length', expected: '400 close' }, [
    refused('shorter second', [LENGTH, 'Content-Length: 5']),
    refused('shorter first', ['Content-Length: 5', LENGTH]),
  ]),
  rawAttack({ id: 'X004', input: 'Content-Length: 13, 13', expected: '400' }, [
    refused('list', [`Content-Length: ${BODY.length}, ${BODY.length}`]),
    refused('signed', [`Content-Length: +${BODY.length}`]),
    refused('negative', ['Content-Length: -1']),
    refused('hexadecimal', ['Content-Length: 0x10']),
  ]),
  rawAttack({ id: 'X006', input: 'odd transfer codings', expected: '400' }, [
    coding('Transfer-Encoding: chunked, identity'),
    coding('Transfer-Encoding: xchunked'),
    coding('Transfer-Encoding: identity'),
    refused('duplicated', [CHUNKED, CHUNKED], chunked(HEX)),
    refused('duplicated, second odd', [CHUNKED, 'Transfer-Encoding: gzip'], chunked(HEX)),
  ]),
  rawAttack({ id: 'X007', input: 'white space in the coding header', expected: '400' }, [
    coding('Transfer-Encoding : chunked'),
    coding('Transfer-Encoding: \x0bchunked'),
    coding('Transfer-Encoding:\r\n chunked'),
    coding(' Transfer-Encoding: chunked'),
  ]),
  rawAttack({ id: 'X008', input: 'Transfer-Encoding:<TAB>chunked', expected: '200, one request' }, [
    {
      name: 'tab',
      send: framed(['Transfer-Encoding:\tchunked'], chunked(HEX)),
      status: [200],
      responses: 1,
      upstream: 1,
    },
  ]),
  rawAttack({ id: 'X009', input: 'odd chunk sizes and ends', expected: '400' }, [
    chunkOf('0x prefix', chunked(`0x${HEX}`)),
    chunkOf('negative', chunked(`-${HEX}`)),
    chunkOf('18 × f', chunked('f'.repeat(18))),
    chunkOf('bare LF after size', `${HEX}\n${BODY}\r\n0\r\n\r\n`),
    chunkOf('LF in extension', `${HEX};a\nb\r\n${BODY}\r\n0\r\n\r\n`),
    chunkOf('CR in extension', `${HEX};a\rb\r\n${BODY}\r\n0\r\n\r\n`),
    chunkOf('empty size', `\r\n${BODY}\r\n0\r\n\r\n`),
  ]),
  rawAttack({ id: 'X010', input: '20 KB chunk extension', expected: '413 close' }, [
    {
      name: '20 KB',
      send: framed([CHUNKED], chunked(HEX, `;${'a'.repeat(20_480)}`)),
      status: [413],
      closes: true,
      upstream: 0,
    },
  ]),
  rawAttack({ id: 'X011', input: 'a credential in a trailer', expected: '401 or 400' }, [
    {
      name: 'without another credential',
      send: ({ key }) =>
        requestBytes({
          method: 'POST',
          target: CHAT,
          headers: ['Content-Type: application/json', CHUNKED],
          body: `${HEX}\r\n${BODY}\r\n0\r\nAuthorization: Bearer ${key}\r\n\r\n`,
          describesBody: false,
        }),
      status: [400, 401],
      upstream: 0,
    },
    {
      name: 'announced',
      send: framed([CHUNKED, 'Trailer: Authorization'], chunked(HEX)),
      status: [400],
      upstream: 0,
    },
  ]),
  rawAttack({ id: 'X013', input: 'no Host', expected: '400' }, [
    {
      name: 'HTTP/1.1',
      send: ({ key }) => requestBytes({ target: '/v1/models', host: null, key }),
      status: [400],
    },
    {
      name: 'HTTP/1.0',
      send: ({ key }) => requestBytes({ target: '/v1/models', host: null, key, version: 'HTTP/1.0' }),
      status: [400],
    },
    {
      name: 'empty',
      send: ({ key }) => requestBytes({ target: '/v1/models', host: '', key }),
      status: [400],
    },
  ]),
  rawAttack({ id: 'X014', input: 'two Host headers', expected: '400' }, [
    { name: 'different', send: hosts(['a', 'b']), status: [400] },
    { name: 'equal', send: hosts(['a', 'a']), status: [400] },
  ]),
  rawAttack(
    { id: 'X015', input: 'a Host that is no host', expected: '400' },
    [
      'a/health?',
      'a/#',
      'a@b',
      'a b',
      'a:99999999',
      'a\\b',
      'a,b',
      '[::1',
      'ä',
      'a:80:80',
      "a'b",
      'a\x01',
    ].map((host) => ({ name: JSON.stringify(host), send: hosts([host]), status: [400] })),
  ),
  rawAttack({ id: 'X017', input: 'absolute-form target', expected: '400' }, [
    ...[
      'http://evil/key/info',
      'http://gateway.test/key/info',
      'HTTP://evil/',
      '*',
      'key/info',
      '?x',
      '@evil',
    ].map((target): RawProbe => ({
      name: target,
      send: ({ key }) => requestBytes({ target, key }),
      status: [400],
    })),
  ]),
  rawAttack({ id: 'X018', input: 'CONNECT', expected: '405 or close' }, [
    {
      name: 'CONNECT evil:443',
      send: () => 'CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n',
      status: [0, 400, 405],
      closes: true,
    },
  ]),
  rawAttack({ id: 'X020', input: 'TRACE with a credential', expected: '405, not echoed' }, [
    {
      name: 'TRACE',
      send: ({ key }) => requestBytes({ method: 'TRACE', target: '/v1/models', key }),
      status: [405],
      neverSays: /sk-/,
    },
  ]),
  rawAttack(
    { id: 'X021', input: 'lower-case or unknown method', expected: '400 or 405' },
    ['get', 'GeT', 'FOO', 'PROPFIND', 'PURGE', 'QUERY', 'G T', 'GET\t', ''].map((method) => ({
      name: JSON.stringify(method),
      send: ({ key }: Arena) => requestBytes({ method, target: '/v1/models', key }),
      status: [400, 405],
    })),
  ),
];

function hosts(names: readonly string[]) {
  return ({ key }: Arena): Buffer =>
    requestBytes({ target: '/v1/models', host: null, key, headers: names.map((name) => `Host: ${name}`) });
}
