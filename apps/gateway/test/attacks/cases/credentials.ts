import { createHash } from 'node:crypto';
import { aChat, MASTER_KEY } from '../../harness/gateway.ts';
import { requestBytes } from '../../harness/raw.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding, inTurn, rawAttack, type RawProbe, runProbe } from '../attack.ts';

const SLOTS = [
  'Authorization',
  'x-litellm-api-key',
  'API-Key',
  'x-api-key',
  'x-goog-api-key',
  'Ocp-Apim-Subscription-Key',
];

const INJECTIONS = [
  "' OR '1'='1",
  "sk-' OR '1'='1",
  "sk-'; SELECT pg_sleep(5)--",
  "sk-x' UNION SELECT token FROM virtual_keys--",
  'sk-%27%20OR%201=1',
  'sk-’ OR ‘1’=‘1',
  'sk-$(sleep 5)',
  'sk-{{7*7}}',
  'sk-\\x00',
  'sk-..%2f..%2f',
  '__proto__',
  'sk-__proto__',
];

const anonymous = (
  name: string,
  headers: readonly string[],
  status: readonly number[] = [401],
): RawProbe => ({
  name,
  send: () => requestBytes({ target: '/v1/models', headers }),
  status,
});

const withBearer = (value: string): string => `Authorization: ${value}`;
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
const inSlot = (slot: string, key: string): string =>
  utf8(slot === 'Authorization' ? `${slot}: Bearer ${key}` : `${slot}: ${key}`);

export const CREDENTIALS: readonly Attack[] = [
  rawAttack({ id: 'X089', input: 'no credential, or one that is none', expected: '401' }, [
    anonymous('none', []),
    ...[
      '',
      'Bearer',
      'Bearer ',
      'Bearer  ',
      'Basic',
      'Basic ',
      'Basic OjpA',
      'Digest x',
      'bearer',
      'sk-x',
      'Bearer sk-',
      'Bearer x',
      'Bearer sk-x, Bearer sk-y',
    ].map((value) => anonymous(JSON.stringify(value), [withBearer(value)])),
    anonymous('8 KB token', [withBearer(`Bearer sk-${'a'.repeat(8_192)}`)]),
    anonymous('100 KB token', [withBearer(`Bearer sk-${'a'.repeat(102_400)}`)], [431]),
  ]),
  rawAttack({ id: 'X090', input: 'SQL and worse in every credential slot', expected: '401 at once' }, [
    ...SLOTS.flatMap((slot) =>
      INJECTIONS.map((text): RawProbe => ({
        ...anonymous(`${slot}: ${text}`, [inSlot(slot, text)], [400, 401]),
        withinMs: 1_000,
        options: { settleMs: 0 },
        neverSays: /syntax|relation|pg_/,
      })),
    ),
  ]),
  {
    id: 'X091',
    input: 'the stored hash of a key as a credential',
    expected: '401',
    run: (arena) => {
      const hash = createHash('sha256').update(arena.key).digest('hex');
      return inTurn(
        SLOTS.flatMap((slot) =>
          [hash, `sk-${hash}`].map((value) =>
            anonymous(`${slot}: ${value.slice(0, 9)}…`, [inSlot(slot, value)]),
          ),
        ),
        (probe) => runProbe(arena, probe),
      );
    },
  },
  {
    id: 'X094',
    input: 'a valid key in one slot, the master key in another',
    expected: '400',
    run: (arena) =>
      inTurn(SLOTS.slice(1), (slot) =>
        runProbe(arena, {
          name: slot,
          send: () =>
            requestBytes({ target: '/v1/models', key: arena.key, headers: [inSlot(slot, MASTER_KEY)] }),
          status: [400],
        }),
      ),
  },
  {
    id: 'X094b',
    input: 'the same key in two slots, and alone in each',
    expected: '200: one credential',
    run: (arena) =>
      inTurn(SLOTS, (slot) =>
        inTurn([true, false], (twice) =>
          runProbe(arena, {
            name: `${slot}${twice ? ' twice' : ''}`,
            send: () =>
              requestBytes({
                target: '/v1/models',
                ...(twice && slot !== 'Authorization' ? { key: arena.key } : {}),
                headers: [inSlot(slot, arena.key)],
              }),
            status: [200],
          }),
        ),
      ),
  },
  rawAttack({ id: 'X094c', input: 'a key in the query or as access_token', expected: '401' }, [
    ...['key', 'access_token', 'api_key', 'token'].map((name): RawProbe => ({
      name,
      send: ({ key }) => requestBytes({ target: `/v1/models?${name}=${key}` }),
      status: [400, 401],
      neverSays: /sk-[\w-]{20}/,
    })),
    {
      name: 'access_token in the body',
      send: ({ key }) =>
        requestBytes({
          target: '/v1/chat/completions',
          body: JSON.stringify({ ...aChat(), access_token: key }),
        }),
      status: [401],
    },
  ]),
  {
    id: 'X097',
    input: '/key/generate with fields that nobody may set',
    expected: '400; a weak key of one’s own is refused',
    run: (arena) =>
      inTurn(
        [
          '{"spend":-100}',
          '{"token":"x"}',
          '{"user_role":"proxy_admin"}',
          '{"created_by":"me"}',
          '{"key":"sk-weak"}',
          '{"key":"sk-aaaaaaaaaaaaaaaaaaaaaaaa"}',
          '{"key":"no-prefix-0123456789abcdef"}',
          '{"id":"x"}',
          '{"is_admin":true}',
        ],
        (body) =>
          runProbe(arena, {
            name: body,
            send: () => requestBytes({ target: '/key/generate', key: MASTER_KEY, body }),
            status: [400],
          }),
      ),
  },
  {
    id: 'X100',
    input: 'a key deleted in the middle of a stream',
    expected: 'the stream ends well, the next call is 401',
    run: deletedMidStream,
  },
  {
    id: 'X103',
    input: 'a flood of 3,000 invented keys',
    expected: 'all refused, good keys served',
    run: flood,
  },
  { id: 'X110', input: 'what crawlers try, anonymously', expected: '401 or 404, no version', run: crawlers },
  {
    id: 'X115',
    input: 'line ends and colours in headers and names',
    expected: 'one log line, no escape codes',
    run: logInjection,
  },
  {
    id: 'X121',
    input: 'an alias of 1 MB',
    expected: '400 or 413',
    run: async (arena) => {
      const answer = await arena.gateway.ask('/key/generate', { body: { key_alias: 'a'.repeat(1_048_576) } });
      const shorter = await arena.gateway.ask('/key/generate', { body: { key_alias: 'a'.repeat(50_000) } });
      return [answer, shorter].map(({ status }) =>
        check('alias', [400, 413].includes(status), `status ${status}`),
      );
    },
  },
];

async function deletedMidStream(arena: Arena): Promise<Finding[]> {
  await arena.sandbox.llamaSwap.settings({ decodeMsPerToken: 20, answerTokens: 50 });
  const key = await arena.gateway.key({});
  const streaming = arena.gateway.chat({ stream: true }, { key });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const deleted = await arena.gateway.ask('/key/delete', { body: { keys: [key] } });
  const next = await arena.gateway.chat({}, { key });
  const stream = await streaming;
  await arena.sandbox.llamaSwap.reset({ settings: true });
  return [
    check('deleted', deleted.status === 200, `status ${deleted.status}`),
    check('the next call', next.status === 401, `status ${next.status}`),
    check('the stream', stream.text.includes('[DONE]'), stream.text.slice(-200)),
  ];
}

async function flood(arena: Arena): Promise<Finding[]> {
  const good = setInterval(() => goods.push(arena.gateway.chat({}, { key: arena.key })), 50);
  const goods: ReturnType<typeof arena.gateway.chat>[] = [];
  const statuses = new Map<number, number>();
  for (let i = 0; i < 3_000; i += 100) {
    const batch = Array.from({ length: 100 }, (_, j) =>
      arena.gateway.ask('/v1/models', { key: `sk-invented-${i + j}-${'x'.repeat(20)}` }),
    );
    for (const { status } of await Promise.all(batch)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  clearInterval(good);
  const failures = (await Promise.all(goods)).filter(({ status }) => status !== 200).length;
  const odd = [...statuses.keys()].filter((status) => ![401, 429].includes(status));
  return [
    check('invented keys', odd.length === 0, JSON.stringify([...statuses])),
    check('good keys', failures === 0, `${failures} of ${goods.length} failed`),
  ];
}

const CRAWLED = [
  '/.env',
  '/.git/config',
  '/debug',
  '/debug/pprof',
  '/openapi.json',
  '/openapi',
  '/docs',
  '/redoc',
  '/main.js.map',
  '/config.yaml',
  '/config/yaml',
  '/server-status',
  '/actuator',
  '/metrics/',
  '/health/../.env',
  '/node_modules/',
  '/package.json',
  '/key/list',
  '/spend/logs',
  '/routes',
  '/__sandbox/truth',
];

function crawlers(arena: Arena): Promise<readonly Finding[]> {
  return inTurn(CRAWLED, (target) =>
    runProbe(arena, {
      name: target,
      send: () => requestBytes({ target }),
      // The pages about the routes lead to the login.
      status: target === '/docs' ? [303] : [400, 401, 404],
      neverSays: /x-powered-by|server: |express|nest|node/i,
    }),
  );
}

async function logInjection(arena: Arena): Promise<Finding[]> {
  const before = arena.gateway.child.output().length;
  const mark = `mark-${Date.now()}`;
  const reply = await runProbe(arena, {
    name: 'escape codes in User-Agent',
    send: () =>
      requestBytes({
        target: `/v1/models/${mark}%0d%0aforged`,
        headers: [`User-Agent: \x1b[31m${mark}\x1b[0m`],
      }),
    status: [400, 401, 404],
  });
  const call = await arena.gateway.chat(
    { model: `fault/500`, user: `${mark}\r\nforged line` },
    { key: arena.key },
  );
  const log = arena.gateway.child.output().slice(before);
  return [
    reply,
    check('the call is answered', call.json?.error !== undefined, call.text.slice(0, 200)),
    check('no line is forged', !/^forged/m.test(log), 'a line of the log begins with the forged text'),
    check('no escape codes', !log.includes(`\x1b[31m${mark}`), 'escape codes of the client are in the log'),
  ];
}
