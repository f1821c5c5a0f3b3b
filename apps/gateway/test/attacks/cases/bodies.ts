import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { aChat } from '../../harness/gateway.ts';
import { requestBytes } from '../../harness/raw.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding, inTurn, rawAttack, type RawProbe, runProbe } from '../attack.ts';

const CHAT = '/v1/chat/completions';
const BODY = JSON.stringify(aChat());
const SPACES = Buffer.alloc(50 * 1_048_576, 0x20);
const GZIP_BOMB = gzipSync(SPACES, { level: 9 });
const BOMBS: Readonly<Record<string, Buffer>> = {
  gzip: GZIP_BOMB,
  br: brotliCompressSync(SPACES, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  deflate: deflateSync(SPACES, { level: 9 }),
  'gzip, gzip': gzipSync(GZIP_BOMB),
  [Array.from({ length: 10 }, () => 'gzip').join(', ')]: GZIP_BOMB,
  'identity, gzip': GZIP_BOMB,
  zstd: GZIP_BOMB,
};

/** A chat request with this body and these headers instead of the usual ones. */
export const post =
  (body: string | Buffer, headers: readonly string[] = ['Content-Type: application/json'], target = CHAT) =>
  ({ key }: Arena): Buffer => {
    const bytes = Buffer.from(body as string);
    return requestBytes({
      method: 'POST',
      target,
      key,
      headers: [...headers, `Content-Length: ${bytes.length}`],
      body: bytes,
      describesBody: false,
    });
  };

const bad = (name: string, body: string | Buffer): RawProbe => ({
  name,
  send: post(body),
  status: [400],
  says: /invalid_request_error/,
  upstream: 0,
});

const typed = (type: string | null, body = BODY): RawProbe => ({
  name: type ?? 'none',
  send: post(body, type === null ? [] : [`Content-Type: ${type}`]),
  status: [415],
  upstream: 0,
});

const REFUSED_FIELDS = [
  'api_base',
  'base_url',
  'api_key',
  'api_version',
  'custom_llm_provider',
  'extra_headers',
  'default_headers',
  'mock_response',
  'mock_timeout',
  'mock_testing_fallbacks',
  'azure_ad_token',
  'aws_access_key_id',
  'aws_region_name',
  'vertex_project',
  'vertex_credentials',
  'proxy',
  'http_client',
] as const;

const ROUTES = [
  [CHAT, { ...aChat() }],
  ['/v1/completions', { model: 'gpt-4', prompt: 'x' }],
  ['/v1/embeddings', { model: 'bge-m3', input: 'x' }],
  ['/chat/completions', { ...aChat() }],
  ['/openai/deployments/gpt-4/chat/completions', { ...aChat() }],
] as const;

export const BODIES: readonly Attack[] = [
  rawAttack({ id: 'X056', input: 'an empty body', expected: '400 invalid_request_error' }, [
    bad('empty', ''),
    bad('spaces', '   '),
    bad('a list', '[]'),
    bad('a text', '"x"'),
    bad('null', 'null'),
    bad('a number', '1'),
  ]),
  rawAttack({ id: 'X057', input: 'broken JSON', expected: '400 without parser internals' }, [
    ...[
      '{"a":',
      '{',
      '{"model":"gpt-4",}',
      "{'model':'gpt-4'}",
      '{"a":01}',
      '{"a":1}{"b":2}',
      '\ufeff{}',
      '{"a":"\n"}',
      'NaN',
    ].map((body) => bad(JSON.stringify(body), body)),
  ]),
  rawAttack({ id: 'X059', input: 'invalid UTF-8', expected: '400' }, [
    bad(
      'stray continuation',
      Buffer.concat([
        Buffer.from('{"model":"gpt-4","messages":[{"role":"user","content":"'),
        Buffer.from([0xff, 0x80]),
        Buffer.from('"}]}'),
      ]),
    ),
    bad(
      'overlong',
      Buffer.concat([
        Buffer.from('{"model":"gpt-4","messages":[{"role":"user","content":"'),
        Buffer.from([0xc0, 0xaf]),
        Buffer.from('"}]}'),
      ]),
    ),
    bad('UTF-16', Buffer.from(BODY, 'utf16le')),
  ]),
  rawAttack(
    {
      id: 'X060',
      input: 'fields that would choose a destination or a credential',
      expected: '400 naming the field, nothing goes out',
    },
    [
      ...ROUTES.flatMap(([target, body]) =>
        REFUSED_FIELDS.map((field) => refusedField(target, field, { ...body, [field]: 'http://evil.test' })),
      ),
      ...REFUSED_FIELDS.slice(0, 7).map((field) =>
        refusedField(CHAT, field, { ...aChat(), litellm_metadata: { [field]: 'http://evil.test' } }),
      ),
      {
        name: 'the same as headers are dropped',
        send: post(BODY, [
          'Content-Type: application/json',
          'x-portkey-custom-host: http://evil.test',
          'x-litellm-api-base: http://evil.test',
          'api-base: http://evil.test',
          'x-forwarded-host: evil.test',
        ]),
        status: [200],
        upstream: 1,
      },
    ],
  ),
  rawAttack(
    { id: 'X062', input: 'another content type, or none, with JSON', expected: '415' },
    [
      'text/plain',
      null,
      'text/json5',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/octet-stream',
    ].map((type) => typed(type)),
  ),
  rawAttack({ id: 'X063', input: 'form-encoded to a JSON route', expected: '415' }, [
    typed('application/x-www-form-urlencoded', 'model=gpt-4&messages=x'),
  ]),
  {
    id: 'X064',
    input: 'keys that poison prototypes',
    expected: '200 or 400, not forwarded as own keys',
    run: (arena) => inTurn(POISONS, (poison) => poisoned(arena, poison)),
  },
  rawAttack({ id: 'X069', input: '21 MB to inference, 200 KB to management', expected: '413 close' }, [
    {
      name: 'announced 21 MB',
      send: ({ key }) =>
        requestBytes({
          method: 'POST',
          target: CHAT,
          key,
          headers: ['Content-Type: application/json', `Content-Length: ${21 * 1_048_576}`],
          body: '{',
          describesBody: false,
        }),
      status: [413],
      closes: true,
      upstream: 0,
    },
    {
      name: 'chunked 21 MB',
      send: ({ key }) => chunkedBody(key, 21),
      options: { waitMs: 5_000 },
      status: [413],
      closes: true,
      upstream: 0,
    },
  ]),
  rawAttack({ id: 'X070', input: 'compressed bodies', expected: '413 or 415 within 100 ms' }, [
    ...Object.entries(BOMBS).map(([coding, bomb]): RawProbe => ({
      name: coding,
      send: post(bomb, ['Content-Type: application/json', `Content-Encoding: ${coding}`]),
      status: [413, 415],
      withinMs: 1_000,
      upstream: 0,
    })),
  ]),
];

const POISONS = ['"__proto__":{"isAdmin":true}', '"constructor":{"prototype":{"isAdmin":true}}'];

async function poisoned(arena: Arena, poison: string): Promise<Finding[]> {
  const chat = await runProbe(arena, {
    name: `${poison} in a chat`,
    send: post(BODY.replace('{', `{${poison},`)),
    status: [200, 400],
  });
  const forwarded = await arena.sandbox.llamaSwap.lastRequest();
  const key = await arena.gateway.ask('/key/generate', { body: `{"metadata":{${poison}},"models":[]}` });
  const admin = await arena.gateway.ask('/key/generate', { key: arena.key, body: '{}' });
  return [
    chat,
    check('not forwarded', !forwarded.body.includes('__proto__'), forwarded.body.slice(0, 200)),
    check('management takes it calmly', [200, 400].includes(key.status), `status ${key.status}`),
    check('nobody became an administrator', admin.status === 403, `status ${admin.status}`),
  ];
}

function chunkedBody(key: string, megabytes: number): Buffer[] {
  const head = requestBytes({
    method: 'POST',
    target: CHAT,
    key,
    headers: ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
    body: '',
    describesBody: false,
  });
  const piece = Buffer.concat([
    Buffer.from('100000\r\n'),
    Buffer.alloc(1_048_576, 0x20),
    Buffer.from('\r\n'),
  ]);
  return [head, ...Array.from({ length: megabytes }, () => piece)];
}

function refusedField(target: string, field: string, body: object): RawProbe {
  return {
    name: `${field} at ${target}`,
    send: post(JSON.stringify(body), undefined, target),
    options: { settleMs: 0 },
    status: [400],
    says: new RegExp(field),
    upstream: 0,
  };
}
