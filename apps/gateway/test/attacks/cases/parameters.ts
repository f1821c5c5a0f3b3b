import { aChat, MASTER_KEY } from '../../harness/gateway.ts';
import { requestBytes } from '../../harness/raw.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding, inTurn, rawAttack, type RawProbe, runProbe } from '../attack.ts';
import { post } from './bodies.ts';

/** A chat whose members are given as JSON text, so that numbers may be anything. */
const chatWith = (members: string): string => JSON.stringify(aChat()).replace('{', `{${members},`);

const refused = (members: string): RawProbe => ({
  name: members.slice(0, 60),
  send: post(chatWith(members)),
  status: [400],
  upstream: 0,
});

const generate = (body: string, status: readonly number[] = [400]): RawProbe => ({
  name: `generate ${body.slice(0, 60)}`,
  send: () => requestBytes({ target: '/key/generate', key: MASTER_KEY, body }),
  status,
});

const MODEL = (model: string): string => `{"model":${model},"messages":[{"role":"user","content":"x"}]}`;

const modelProbe = (name: string, model: string, status: readonly number[] = [400, 404]): RawProbe => ({
  name,
  send: post(MODEL(model)),
  status,
});

const SERIES_ALLOWED = 60;

export const PARAMETERS: readonly Attack[] = [
  {
    id: 'X072',
    input: 'NUL and lone surrogates in alias, user, tags, metadata and messages',
    expected: 'management 400; messages forwarded and recorded, no 500',
    run: nulls,
  },
  rawAttack({ id: 'X074', input: 'numbers that are none', expected: '400' }, [
    ...[
      '1e999',
      '-1e999',
      '"NaN"',
      '9223372036854775808',
      '1'.repeat(400),
      '{}',
      '[]',
      'true',
      '"7"',
    ].flatMap((value) => [refused(`"temperature":${value}`), refused(`"max_tokens":${value}`)]),
    ...['1e999', '"NaN"', '-1', '1'.repeat(400)].map((value) => generate(`{"max_budget":${value}}`)),
  ]),
  rawAttack({ id: 'X075', input: 'budgets that are none', expected: '400' }, [
    ...['-1', '-0.000001', '"10; DROP TABLE keys"', '[]', '[1]', '{"a":1}', 'true', '"1e3x"', '1e30'].map(
      (value) => generate(`{"max_budget":${value}}`, value === '[]' ? [200, 400] : [400]),
    ),
    ...['"-1h"', '"1x"', '"h"', '"99999999999999999999d"', '5', '{}'].map((value) =>
      generate(`{"duration":${value}}`, value === '{}' ? [200, 400] : [400]),
    ),
    generate('{"models":"gpt-4"}'),
    generate('{"models":[1]}'),
    generate('{"metadata":"x"}'),
    generate('{"user_id":7}'),
    generate('[]'),
    generate('{"nonsense":1}'),
  ]),
  rawAttack({ id: 'X076', input: 'counts without measure', expected: '400 or clamped' }, [
    ...[
      '"max_tokens":1000000000000',
      '"n":1000',
      '"n":0',
      '"n":-1',
      '"best_of":1000000',
      '"logprobs":1000000',
      '"top_logprobs":1000000',
      '"max_tokens":1.5',
      '"max_tokens":-1',
    ].map(refused),
  ]),
  rawAttack({ id: 'X077', input: 'model names that are none', expected: '400 or 404' }, [
    modelProbe('1 MB', `"${'m'.repeat(1_048_576)}"`),
    modelProbe('*', '"*"'),
    modelProbe('list', '["gpt-4"]'),
    modelProbe('object', '{"a":1}'),
    modelProbe('null', 'null'),
    modelProbe('empty', '""'),
    modelProbe('NUL', '"gpt-4\\u0000"'),
    modelProbe('line end', '"gpt-4\\r\\nX: y"'),
    ...[
      '../../x',
      'a?b#c',
      '__proto__',
      'constructor',
      '\u202egpt-4',
      'gрt-4',
      '%2e%2e',
      'toString',
      'gpt-4,gpt-4',
    ].map((name) => modelProbe(name, JSON.stringify(name))),
  ]),
  {
    id: 'X077b',
    input: '300 invented model names',
    expected: 'metrics grow by at most one series per metric',
    run: inventedModels,
  },
  {
    id: 'X080',
    input: 'image_url with file:, gopher: and addresses of the inner network',
    expected: 'the gateway fetches nothing',
    run: imageUrls,
  },
  {
    id: 'X083',
    input: '300 distinct users and tags',
    expected: 'stored, no metric series of their own',
    run: distinctUsers,
  },
  {
    id: 'X084',
    input: 'Idempotency-Key again with another body',
    expected: 'ignored consistently: two answers, two rows',
    run: idempotencyKey,
  },
];

async function nulls(arena: Arena): Promise<Finding[]> {
  const user = `nul-${Date.now()}`;
  const management = await inTurn(
    [
      '{"key_alias":"a\\u0000b"}',
      '{"user_id":"a\\u0000b"}',
      '{"metadata":{"a":"\\u0000"}}',
      '{"metadata":{"\\u0000":1}}',
      '{"key_alias":"\\ud800"}',
      '{"models":["a\\u0000"]}',
    ],
    (body) => runProbe(arena, generate(body)),
  );
  const members = [
    '"user":"a\\u0000b"',
    '"tags":["a\\u0000b"]',
    '"metadata":{"tags":["a\\u0000b"],"x":"\\u0000"}',
    '"user":"\\ud800"',
    '"messages":[{"role":"user","content":"a\\u0000b"}]',
  ];
  const key = await arena.gateway.key({ user_id: user });
  const chats = await inTurn(members, (member) =>
    runProbe({ ...arena, key }, { name: member, send: post(chatWith(member)), status: [200, 400] }),
  );
  const served = chats.filter(({ problem }) => problem === null).length;
  const rows = await arena.gateway.rows({ user_id: user }, 1, 5_000).catch(() => []);
  return [
    ...management,
    ...chats,
    check('what was served is recorded', served === 0 || rows.length > 0, 'no row'),
  ];
}

async function seriesCount(arena: Arena): Promise<number> {
  const { text } = await arena.gateway.ask('/metrics');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}

async function inventedModels(arena: Arena): Promise<Finding[]> {
  await arena.gateway.chat({ model: 'invented-first' });
  const before = await seriesCount(arena);
  await inTurn(
    Array.from({ length: 300 }, (_, i) => i),
    async (i) => {
      await arena.gateway.chat({ model: `invented-${i}` }, { key: arena.key });
      return [];
    },
  );
  const grown = (await seriesCount(arena)) - before;
  return [check('series', grown <= SERIES_ALLOWED, `${grown} series more`)];
}

function imageUrls(arena: Arena): Promise<readonly Finding[]> {
  return inTurn(
    [
      'file:///etc/passwd',
      'gopher://127.0.0.1:70/',
      'http://169.254.169.254/latest',
      arena.recorder.url,
      `${arena.recorder.url}/x.png`,
    ],
    async (url) => {
      const before = arena.recorder.seen.length;
      const content = [
        { type: 'text', text: 'x' },
        { type: 'image_url', image_url: { url } },
      ];
      const answer = await arena.gateway.chat(
        { model: 'gemma3-27b', messages: [{ role: 'user', content }] },
        { key: arena.key },
      );
      const came = arena.recorder.seen.length - before;
      return check(url, came === 0 && answer.status < 500, `status ${answer.status}, ${came} visits`);
    },
  );
}

async function distinctUsers(arena: Arena): Promise<Finding[]> {
  await arena.gateway.chat({ user: 'distinct-first' }, { key: arena.key });
  const before = await seriesCount(arena);
  const findings = await inTurn(
    Array.from({ length: 300 }, (_, i) => i),
    async (i) => {
      const answer = await arena.gateway.chat(
        { user: `distinct-${i}`, metadata: { tags: [`tag-${i}`] } },
        { key: arena.key, headers: { 'user-agent': `agent/${i}` } },
      );
      return check(`user ${i}`, answer.status === 200, `status ${answer.status}`);
    },
  );
  const grown = (await seriesCount(arena)) - before;
  return [
    ...findings.filter(({ problem }) => problem),
    check('series', grown <= SERIES_ALLOWED, `${grown} series more`),
  ];
}

async function idempotencyKey(arena: Arena): Promise<Finding[]> {
  const user = `idempotent-${Date.now()}`;
  const key = await arena.gateway.key({ user_id: user });
  const headers = { 'idempotency-key': 'the-same' };
  const first = await arena.gateway.chat({}, { key, headers });
  const second = await arena.gateway.chat(
    { messages: [{ role: 'user', content: 'Another.' }] },
    { key, headers },
  );
  const rows = await arena.gateway.rows({ user_id: user }, 2, 5_000).catch(() => []);
  return [
    check(
      'both answered',
      first.status === 200 && second.status === 200,
      `${first.status}, ${second.status}`,
    ),
    check('two rows', rows.length === 2, `${rows.length} rows`),
  ];
}
