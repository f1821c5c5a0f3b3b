import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { deployment, listOf, stringOf, until, UPSTREAM_KEY } from './harness.ts';
import { type Gateway } from './harness/gateway.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite(
  { models: [deployment('gpt-4', 'qwen3-30b-a3b', { timeout: 30 }), deployment('local/*', '*')] },
  { env: { STORE_MODEL_IN_DB: 'True' } },
);
const CANARY = 'sk-database-canary-0815';
let other: Gateway;
let key: string;

beforeAll(async () => {
  other = await parts.another({ env: { STORE_MODEL_IN_DB: 'True' } });
  key = await parts.gateway.key({});
}, 60_000);

afterEach(() => parts.llamaSwap.reset({ settings: true }));

const params = (more: object = {}): object => ({
  model: 'openai/gemma3-27b',
  api_base: `${parts.llamaSwap.url}/v1`,
  api_key: CANARY,
  ...more,
});
const add = (name: string, more: object = {}, info: object = {}) =>
  parts.gateway.ask('/model/new', {
    body: { model_name: name, litellm_params: params(more), model_info: { id: `id-${name}`, ...info } },
  });
const rowsOf = (sql: string) => parts.database.query<Record<string, unknown>>(sql);

describe('a model that is added while the gateway runs', () => {
  test('is callable at once here, and within a second on another replica', async () => {
    const answer = await add('fresh', {}, { mode: 'chat' });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      model_id: 'id-fresh',
      model_name: 'fresh',
      model_info: { db_model: true },
    });
    expect((await parts.gateway.chat({ model: 'fresh' }, { key })).status).toBe(200);
    const startedAt = performance.now();
    await until(
      'the other replica knows it',
      async () => (await other.chat({ model: 'fresh' }, { key })).status === 200,
      5_000,
      20,
    );
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(await parts.llamaSwap.truth({ model: 'gemma3-27b' })).toHaveLength(2);
  });

  test('uses its credential, which the database does not hold in the clear and no answer shows', async () => {
    const answers = [await add('sealed', { extra_headers: { 'x-team': CANARY } })];
    expect((await parts.gateway.chat({ model: 'sealed' }, { key })).status).toBe(200);
    const { headers } = await parts.llamaSwap.lastRequest();
    expect(headers).toMatchObject({ authorization: `Bearer ${CANARY}`, 'x-team': CANARY });
    for (const path of ['/model/info', '/v2/model/info', '/model_group/info', '/v1/models', '/audit']) {
      answers.push(await parts.gateway.ask(path));
    }
    answers.push(
      await parts.gateway.ask('/model/update', { body: { model_info: { id: 'id-sealed', tier: 'x' } } }),
    );
    for (const { status, text } of answers) {
      expect([status, text.includes(CANARY), text.includes(UPSTREAM_KEY)]).toEqual([200, false, false]);
    }
    expect(JSON.stringify(await rowsOf('SELECT * FROM models'))).not.toContain(CANARY);
    expect(JSON.stringify(await rowsOf('SELECT * FROM audit_log'))).not.toContain(CANARY);
    expect((await parts.gateway.chat({ model: 'sealed' }, { key })).status).toBe(200);
  });

  test('is in the audit log, with what it was and what it became', async () => {
    await add('noted');
    await parts.gateway.ask('/model/id-noted/update', {
      method: 'PATCH',
      body: { litellm_params: { rpm: 7 } },
    });
    await parts.gateway.ask('/model/delete', { body: { id: 'id-noted' } });
    const rows = await rowsOf(
      "SELECT action FROM audit_log WHERE entity = 'model' AND entity_id = 'id-noted' ORDER BY id",
    );
    expect(rows.map(({ action }) => action)).toEqual(['model.added', 'model.changed', 'model.removed']);
  });

  test('is changed field by field', async () => {
    await add('changing', { temperature: 0.5 });
    const answer = await parts.gateway.ask('/model/update', {
      body: {
        model_info: { id: 'id-changing', tier: 'gold' },
        litellm_params: { model: 'openai/qwen2.5-14b-instruct', temperature: null },
      },
    });
    expect(answer.json).toMatchObject({
      model_name: 'changing',
      litellm_params: { model: 'openai/qwen2.5-14b-instruct', api_base: `${parts.llamaSwap.url}/v1` },
      model_info: { id: 'id-changing', tier: 'gold' },
    });
    expect(answer.text).not.toContain('temperature');
    await parts.gateway.chat({ model: 'changing' }, { key });
    expect(await parts.llamaSwap.truth({ model: 'qwen2.5-14b-instruct' })).toHaveLength(1);
  });

  test('is gone everywhere when it is removed', async () => {
    await add('passing');
    await until(
      'it is known',
      async () => (await other.chat({ model: 'passing' }, { key })).status === 200,
      5_000,
      20,
    );
    const answer = await parts.gateway.ask('/model/delete', { body: { id: 'id-passing' } });
    expect(answer.json).toEqual({ message: 'Model: id-passing deleted successfully' });
    expect((await parts.gateway.chat({ model: 'passing' }, { key })).status).toBe(400);
    await until(
      'it is gone',
      async () => (await other.chat({ model: 'passing' }, { key })).status === 400,
      5_000,
      20,
    );
  });

  test('joins the deployments of its name', async () => {
    await add('gpt-4');
    for (let i = 0; i < 30; i += 1) await parts.gateway.chat({ model: 'gpt-4' }, { key });
    await parts.gateway.ask('/model/delete', { body: { id: 'id-gpt-4' } });
    const models = new Set((await parts.llamaSwap.truth()).map(({ model }) => model));
    expect([models.has('qwen3-30b-a3b'), models.has('gemma3-27b')]).toEqual([true, true]);
  });
});

describe('what is no model', () => {
  const refusals: [string, object, string][] = [
    ['no name', { litellm_params: { model: 'openai/x', api_base: 'http://gpu:1' } }, 'model_name'],
    ['no parameters', { model_name: 'x' }, 'litellm_params'],
    ['no model', { model_name: 'x', litellm_params: { api_base: 'http://gpu:1' } }, 'litellm_params'],
    ['no address', { model_name: 'x', litellm_params: { model: 'hosted_vllm/x' } }, 'litellm_params'],
    [
      'a wrong address',
      { model_name: 'x', litellm_params: { model: 'openai/x', api_base: 'file:///etc' } },
      'litellm_params.api_base',
    ],
    [
      'a secret of ours',
      {
        model_name: 'x',
        litellm_params: {
          model: 'openai/x',
          api_base: 'http://evil:1',
          api_key: 'os.environ/LITELLM_MASTER_KEY',
        },
      },
      'litellm_params.api_key',
    ],
    ['an unknown field', { model_name: 'x', litellm_params: { model: 'openai/x' }, colour: 'red' }, 'colour'],
  ];
  for (const [name, body, param] of refusals) {
    test(`${name} is refused by name`, async () => {
      const answer = await parts.gateway.ask('/model/new', { body });
      expect([answer.status, stringOf(answer.json?.error?.param)]).toEqual([
        400,
        expect.stringContaining(param),
      ]);
    });
  }

  test('an id that is taken is refused, by the database or by config.yaml', async () => {
    await add('twice');
    expect((await add('twice')).status).toBe(409);
    const [configured] = listOf((await parts.gateway.ask('/model/info')).json?.data);
    const info = configured?.model_info as unknown as { id: string };
    const answer = await parts.gateway.ask('/model/new', {
      body: { model_name: 'x', litellm_params: params(), model_info: { id: info.id } },
    });
    expect(answer.status).toBe(409);
    expect(
      (await parts.gateway.ask('/model/delete', { body: { id: info.id } })).json?.error?.message,
    ).toMatch(/config.yaml/);
  });

  test('an unknown id is a 400 for change and removal', async () => {
    for (const [path, body] of [
      ['/model/update', { model_info: { id: 'nobody' } }],
      ['/model/delete', { id: 'nobody' }],
    ] as const) {
      expect((await parts.gateway.ask(path, { body })).status).toBe(400);
    }
  });

  test('a plain key changes nothing', async () => {
    for (const path of ['/model/new', '/model/update', '/model/delete']) {
      expect((await parts.gateway.ask(path, { key, body: { id: 'id-fresh' } })).status).toBe(403);
    }
  });
});

describe('a row that was broken by hand', () => {
  test('disables its own model, and no other', async () => {
    await add('whole');
    await add('torn');
    await parts.database.query(
      `UPDATE models SET litellm_params = '{"model": 5, "api_base": []}' WHERE id = 'id-torn'`,
    );
    await add('after');
    expect((await parts.gateway.chat({ model: 'torn' }, { key })).status).toBe(400);
    for (const model of ['whole', 'after', 'gpt-4']) {
      expect([model, (await parts.gateway.chat({ model }, { key })).status]).toEqual([model, 200]);
    }
    expect((await parts.gateway.ask('/model/delete', { body: { id: 'id-torn' } })).status).toBe(200);
  });
});

describe('what is told of models', () => {
  const infos = async (path = '/model/info', as?: string) =>
    listOf((await parts.gateway.ask(path, as === undefined ? {} : { key: as })).json?.data) as unknown as {
      model_name: string;
      litellm_params: Record<string, unknown>;
      model_info: Record<string, unknown>;
    }[];

  test('are parameters, prices and limits, one entry a deployment', async () => {
    const all = await infos();
    expect(all.find(({ model_name }) => model_name === 'gpt-4')).toMatchObject({
      litellm_params: { model: 'openai/qwen3-30b-a3b', timeout: 30 },
      model_info: {
        db_model: false,
        litellm_provider: 'openai',
        input_cost_per_token: 0.000001,
        output_cost_per_token: 0.000002,
      },
    });
    const [first] = all;
    const id = encodeURIComponent(String(first?.model_info.id));
    expect(await infos(`/v1/model/info?litellm_model_id=${id}`)).toEqual([first]);
    expect((await parts.gateway.ask('/model/info?litellm_model_id=nobody')).status).toBe(400);
  });

  test('is narrowed to what a key may use', async () => {
    const narrow = await parts.gateway.key({ models: ['gpt-4'] });
    for (const path of ['/model/info', '/v2/model/info']) {
      expect(new Set((await infos(path, narrow)).map(({ model_name }) => model_name))).toEqual(
        new Set(['gpt-4']),
      );
    }
  });

  test('comes in pages', async () => {
    const answer = await parts.gateway.ask('/v2/model/info?size=1&page=2');
    expect(answer.json).toMatchObject({ current_page: 2, size: 1 });
    expect(listOf(answer.json?.data)).toHaveLength(1);
    expect((await parts.gateway.ask('/v2/model/info?page=zero')).status).toBe(400);
  });

  test('says of groups what they can do, patterns by the models behind them', async () => {
    const groups = listOf((await parts.gateway.ask('/model_group/info')).json?.data) as unknown as {
      model_group: string;
    }[];
    const names = groups.map(({ model_group }) => model_group);
    expect(names).toEqual(expect.arrayContaining(['gpt-4', 'local/gemma3-27b']));
    expect(names).not.toContain('local/*');
    const [one] = listOf((await parts.gateway.ask('/model_group/info?model_group=gpt-4')).json?.data);
    expect(one).toMatchObject({ providers: ['openai'], input_cost_per_token: 0.000001, mode: 'chat' });
  });

  test('says whether a model is loaded, without loading it', async () => {
    await parts.llamaSwap.settings({ loadMs: 300 });
    const stateOf = async (): Promise<unknown> =>
      (await infos()).find(({ model_name }) => model_name === 'gpt-4')?.model_info.load_state;
    await until('it is told as unloaded', async () => (await stateOf()) === 'unloaded', 15_000, 200);
    expect((await parts.gateway.chat({ model: 'gpt-4' }, { key })).status).toBe(200);
    await until('it is told as ready', async () => (await stateOf()) === 'ready', 15_000, 200);
  }, 40_000);
});

test('without STORE_MODEL_IN_DB nothing can be added, and the answer says what to set', async () => {
  const plain = await parts.another({ env: { STORE_MODEL_IN_DB: 'False' } });
  const answer = await plain.ask('/model/new', { body: { model_name: 'x', litellm_params: params() } });
  expect(answer.status).toBe(500);
  expect(answer.json?.error?.message).toContain("Set `'STORE_MODEL_IN_DB='True'` in your env");
  expect((await plain.ask('/model/info')).status).toBe(200);
}, 60_000);
