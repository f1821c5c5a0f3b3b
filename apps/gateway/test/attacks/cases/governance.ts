import { MASTER_KEY } from '../../harness/gateway.ts';
import { type Answer, listOf, stringOf } from '../../harness/http.ts';
import { requestBytes } from '../../harness/raw.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding, inTurn, runProbe } from '../attack.ts';

const CREDENTIAL_SLOTS = [
  'Authorization: Bearer ',
  'x-litellm-api-key: ',
  'x-api-key: ',
  'api-key: ',
  'x-goog-api-key: ',
];
const FIRST_CALLS = 500;
const MONEY_FOR = 100;
/** What a call costs at the prices of the tests, in USD: 8 tokens in, 5 out. */
const CALL_USD = 0.000018;
const CALL_FIELDS = { max_tokens: 5 };

export const GOVERNANCE: readonly Attack[] = [
  {
    id: 'X093',
    input: 'a key limited to routes or models, in every slot, on every door',
    expected: '403 whichever way it comes',
    run: narrowed,
  },
  {
    id: 'X101',
    input: '500 first requests of a new key at once, money for 100',
    expected: 'never more than 100, never more money',
    run: firstRequests,
  },
  {
    id: 'X102',
    input: 'a budget lowered below what is spent while 50 calls are on their way',
    expected: 'those settle, the next is budget_exceeded and not to be tried again',
    run: loweredBudget,
  },
  {
    id: 'X109',
    input: 'two keys, one prompt',
    expected: 'two answers of two calls',
    run: twins,
  },
];

/** Doors at which a key of another route, or of another model, must not be served. */
const DOORS: readonly (readonly [method: string, target: string, body: object | null])[] = [
  ['POST', '/v1/chat/completions', { model: 'gpt-4', messages: [{ role: 'user', content: 'x' }] }],
  ['POST', '/chat/completions', { model: 'gpt-4', messages: [{ role: 'user', content: 'x' }] }],
  ['POST', '/engines/gpt-4/chat/completions', { messages: [{ role: 'user', content: 'x' }] }],
  [
    'POST',
    '/openai/deployments/gpt-4/chat/completions?api-version=1',
    { messages: [{ role: 'user', content: 'x' }] },
  ],
  [
    'POST',
    '/openai/deployments/gpt-4/chat/completions',
    { model: 'bge-m3', messages: [{ role: 'user', content: 'x' }] },
  ],
  ['POST', '/v1/completions', { model: 'gpt-4', prompt: 'x' }],
  ['POST', '/v1/audio/speech', { model: 'tts-1', input: 'x', voice: 'alloy' }],
  ['POST', '/tts/v1/audio/speech', { model: 'tts-1', input: 'x', voice: 'alloy' }],
  ['POST', '/llama/v1/chat/completions', { model: 'qwen3-30b-a3b', messages: [] }],
];
/** Where the backend takes the model from the path, whatever else is named. */
const MODEL_IN_PATH: readonly string[] = [
  '/llama/upstream/qwen3-30b-a3b/v1/models?model=bge-m3',
  '/llama/upstream/qwen3-30b-a3b/props?model=bge-m3',
  '/llama/models/unload/qwen3-30b-a3b?model=bge-m3',
  '/llama/v1/models/qwen3-30b-a3b?model=bge-m3',
];

async function narrowed(arena: Arena): Promise<readonly Finding[]> {
  const routes = await arena.gateway.key({ allowed_routes: ['/v1/models'] });
  const models = await arena.gateway.key({ models: ['bge-m3'] });
  const wishes = [
    ...DOORS.flatMap((door) => [routes, models].map((key) => [key, ...door] as const)),
    ...MODEL_IN_PATH.map((target) => [models, 'GET', target, null] as const),
  ];
  return inTurn(wishes, ([key, method, target, body]) =>
    inTurn(CREDENTIAL_SLOTS, (slot) =>
      runProbe(arena, {
        name: `${method} ${target} as ${key === routes ? 'routes' : 'models'} in ${slot}`,
        send: () =>
          requestBytes({
            method,
            target,
            headers: [`${slot}${key}`],
            ...(body === null ? {} : { body: JSON.stringify(body) }),
          }),
        status: [403],
        upstream: 0,
      }),
    ),
  );
}

const isBudget = ({ status, json }: Answer): boolean =>
  status === 429 && stringOf(json?.error?.type) === 'budget_exceeded';

async function firstRequests(arena: Arena): Promise<readonly Finding[]> {
  const user = `first-${Date.now()}`;
  const cap = CALL_USD * MONEY_FOR;
  const key = await arena.gateway.key({ max_budget: cap, user_id: user });
  const answers = await Promise.all(
    Array.from({ length: FIRST_CALLS }, () => arena.gateway.chat(CALL_FIELDS, { key })),
  );
  const served = answers.filter(({ status }) => status === 200).length;
  const odd = answers.find((answer) => answer.status !== 200 && !isBudget(answer) && answer.status !== 503);
  const rows = await arena.gateway.rows({ user_id: user }, served, 20_000).catch(() => []);
  const spent = rows.reduce((sum, { spend }) => sum + Number(spend), 0);
  return [
    check('served', served > 0 && served <= MONEY_FOR, `${served} calls were served`),
    check('refusals', odd === undefined, `${odd?.status ?? 0} ${odd?.text.slice(0, 200) ?? ''}`),
    check(
      'money',
      rows.length >= served && spent <= cap + 1e-12,
      `${spent} USD of ${cap} in ${rows.length} rows`,
    ),
  ];
}

async function loweredBudget(arena: Arena): Promise<readonly Finding[]> {
  const { gateway, sandbox } = arena;
  const key = await gateway.key({ max_budget: 10 });
  await gateway.chat(CALL_FIELDS, { key });
  await sandbox.llamaSwap.settings({ decodeMsPerToken: 60, answerTokens: 20 });
  const under = Array.from({ length: 50 }, () => gateway.chat({ stream: true, max_tokens: 20 }, { key }));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const changed = await gateway.ask('/key/update', { body: { key, max_budget: CALL_USD / 2 } });
  const next = await gateway.chat(CALL_FIELDS, { key });
  const settled = await Promise.all(under);
  await sandbox.llamaSwap.reset({ settings: true });
  const broken = settled.filter(({ status, text }) => status !== 200 || !text.includes('[DONE]'));
  return [
    check('the change', changed.status === 200, `status ${changed.status}: ${changed.text.slice(0, 200)}`),
    check('the next call', isBudget(next), `status ${next.status}: ${next.text.slice(0, 200)}`),
    check(
      'its hint',
      next.headers['x-should-retry'] === 'false',
      `x-should-retry: ${next.headers['x-should-retry'] ?? 'none'}`,
    ),
    check(
      'those on their way',
      broken.length === 0,
      `${broken.length} broke: ${broken[0]?.text.slice(-200) ?? ''}`,
    ),
  ];
}

async function twins(arena: Arena): Promise<readonly Finding[]> {
  const keys = [await arena.gateway.key({}), await arena.gateway.key({})];
  const before = await arena.upstreamRequests();
  const body = { temperature: 0, seed: 7, messages: [{ role: 'user', content: `twin ${Date.now()}` }] };
  const answers = await Promise.all(keys.map((key) => arena.gateway.chat(body, { key })));
  const ids = new Set(answers.map(({ json }) => stringOf(json?.id)));
  const came = (await arena.upstreamRequests()) - before;
  const rows = await Promise.all(
    keys.map((key) => arena.gateway.ask(`/spend/logs?api_key=${key}`, { key: MASTER_KEY })),
  );
  return [
    check('two calls', came === 2, `the upstream saw ${came}`),
    check('two answers', ids.size === 2 && !ids.has(''), [...ids].join(' ')),
    check(
      'books apart',
      rows.every(({ json }) => listOf(json).length <= 1),
      'a row of the other key',
    ),
  ];
}
