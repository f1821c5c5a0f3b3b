import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashKey } from './key-hash.js';
import { anOwnKeysServer, type Answer, type ErrorBody, type OwnKeysServer } from './testing.js';

let server: OwnKeysServer;

beforeAll(async () => {
  server = await anOwnKeysServer();
});
afterAll(() => server.close());

const refused = (body: unknown): Promise<Answer<ErrorBody>> => server.send('POST /key/generate', { body });
const count = async (): Promise<number> =>
  Number((await server.database.query<{ n: string }>('SELECT count(*) AS n FROM virtual_keys'))[0]?.n);

describe('POST /key/generate', () => {
  test('with an empty object makes a key that may do everything', async () => {
    const { status, body } = await server.generate();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      key: expect.stringMatching(/^sk-[\w-]{32}$/),
      token: hashKey(body.key),
      token_id: hashKey(body.key),
      key_name: `sk-...${body.key.slice(-4)}`,
      key_alias: null,
      expires: null,
      user_id: null,
      team_id: null,
      models: [],
      aliases: {},
      spend: 0,
      max_budget: null,
      metadata: {},
      blocked: false,
      allowed_routes: [],
      created_by: 'default_user_id',
    });
  });

  test('answers with every field of the wire contract', async () => {
    const fields =
      'key token token_id key_name key_alias expires user_id team_id organization_id models aliases config spend max_budget budget_duration budget_id litellm_budget_table max_parallel_requests tpm_limit rpm_limit metadata permissions model_max_budget blocked allowed_routes allowed_cache_controls object_permission created_by updated_by created_at updated_at';
    expect(Object.keys((await server.generate()).body)).toEqual(expect.arrayContaining(fields.split(' ')));
  });

  test('keeps what it is given, and echoes metadata unchanged', async () => {
    const metadata = { team: 'red', nested: { list: [1, 2.5, null, true], 'ключ 👩‍🚀': '"quoted" \\ text' } };
    const asked = {
      key_alias: `alias ${Date.now()} <b>"'`,
      models: ['gpt-4', 'openai/*'],
      user_id: 'nobody-has-made-this-user',
      max_budget: 0.1,
      aliases: { fast: 'gpt-3.5-turbo' },
      metadata,
      blocked: true,
      allowed_routes: ['/v1/chat/completions'],
    };
    const { body } = await server.generate(asked);
    expect(body).toMatchObject(asked);
    expect(body['metadata']).toEqual(metadata);
    expect((await server.info(`?key=${body.token}`)).body.info).toMatchObject(asked);
  });

  test('stores the hash and never the credential', async () => {
    const { body } = await server.generate({ metadata: { a: 1 } });
    const rows = await server.database.query<{ everything: string }>(
      'SELECT to_jsonb(k)::text AS everything FROM virtual_keys k',
    );
    expect(rows.some(({ everything }) => everything.includes(body.token))).toBe(true);
    expect(rows.some(({ everything }) => everything.includes(body.key))).toBe(false);
  });

  test.each([
    [1e-7, '0.000000100000'],
    [0, '0.000000000000'],
    [0.1, '0.100000000000'],
    ['12.5', '12.500000000000'],
    [1e6, '1000000.000000000000'],
  ])('keeps a budget of %p exactly', async (max_budget, stored) => {
    const { body } = await server.generate({ max_budget });
    expect(body['max_budget']).toBe(Number(max_budget));
    const rows = await server.database.query(
      'SELECT max_budget_usd::text AS budget FROM virtual_keys WHERE hash = $1',
      [body.token],
    );
    expect(rows).toEqual([{ budget: stored }]);
  });

  test('takes "" as null where a form has sent an empty field', async () => {
    const { status, body } = await server.generate({
      max_budget: '',
      duration: '',
      key_alias: '',
      user_id: '',
      team_id: '',
      key: '',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      max_budget: null,
      expires: null,
      key_alias: null,
      user_id: null,
      team_id: null,
    });
  });

  test('two keys without an alias do not collide', async () => {
    expect((await server.generate({ key_alias: '' })).status).toBe(200);
    expect((await server.generate({ key_alias: null })).status).toBe(200);
  });

  test('a duration sets the time of expiry', async () => {
    const before = Date.now();
    const { body } = await server.generate({ duration: '30d' });
    const lifetimeMs = Date.parse(String(body['expires'])) - before;
    expect(lifetimeMs).toBeGreaterThanOrEqual(30 * 86_400_000);
    expect(lifetimeMs).toBeLessThan(30 * 86_400_000 + 5000);
  });

  test('tags go into the metadata', async () => {
    const { body } = await server.generate({ tags: ['a', 'b'], metadata: { x: 1 } });
    expect(body['metadata']).toEqual({ x: 1, tags: ['a', 'b'] });
  });

  test.each([
    ['llm_api', ['llm_api_routes']],
    ['management', ['management_routes']],
    ['read_only', ['info_routes']],
    ['default', []],
  ])('key_type %s stands for allowed_routes %j', async (key_type, allowed_routes) => {
    expect((await server.generate({ key_type })).body).toMatchObject({ allowed_routes });
  });

  test.each<[object, string]>([
    [{ max_budget: -1 }, 'max_budget'],
    [{ max_budget: true }, 'max_budget'],
    [{ spend: -100 }, 'spend'],
    [{ spend: 5 }, 'spend'],
    [{ token: 'ab'.repeat(32) }, 'token'],
    [{ user_role: 'proxy_admin' }, 'user_role'],
    [{ created_by: 'me' }, 'created_by'],
    [{ version: 99 }, 'version'],
    [{ hash: 'x' }, 'hash'],
    [{ rpm_limit: -1 }, 'rpm_limit'],
    [{ tpm_limit: 1.5 }, 'tpm_limit'],
    [{ max_parallel_requests: '3' }, 'max_parallel_requests'],
    [{ max_parallel_requests: 2 ** 31 }, 'max_parallel_requests'],
    [{ model_max_budget: { a: -1 } }, 'model_max_budget'],
    [{ model_rpm_limit: { a: 'x' } }, 'model_rpm_limit'],
    [{ metadata: { model_tpm_limit: { a: -1 } } }, 'model_tpm_limit'],
    [{ metadata: { model_rpm_limit: 'x' } }, 'metadata'],
    [{ auto_rotate: true }, 'rotation_interval'],
    [{ auto_rotate: true, rotation_interval: '10m' }, 'rotation_interval'],
    [{ key_alias: 'sk-looks-like-a-key' }, 'key_alias'],
    [{ guardrails: ['a'] }, 'guardrails'],
    [{ budget_duration: 'often' }, 'budget_duration'],
    [{ duration: 'forever' }, 'duration'],
    [{ duration: '999999999999d' }, 'duration'],
    [{ models: 'gpt-4' }, 'models'],
    [{ metadata: 'x' }, 'metadata'],
    [{ metadata: { a: '\0' } }, 'metadata'],
    [{ key_alias: 'a\0b' }, 'key_alias'],
    [{ key_alias: 'x'.repeat(1000) }, 'key_alias'],
    [{ key_type: 'llm_api', allowed_routes: ['/x'] }, 'key_type'],
    [{ key: 'sk-chosen-weak' }, 'key'],
    [{ key: 'chosen-and-long-enough-0123456789' }, 'key'],
    [{ key: 'sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaa' }, 'key'],
  ])('refuses %j and names %s', async (body, field) => {
    const before = await count();
    expect(await refused(body)).toMatchObject({
      status: 400,
      body: { error: { param: field, code: '400' } },
    });
    expect(await count()).toBe(before);
  });

  test('refuses numbers that are none', async () => {
    for (const number of ['1e999', '-1e999', '-0', '9223372036854775808', '9'.repeat(400)]) {
      expect((await refused(`{"max_budget":${number}}`)).status).toBe(400);
    }
    expect((await refused('{"max_budget":NaN}')).status).toBe(400);
  });

  test('refuses a prototype', async () => {
    expect((await refused('{"__proto__":{"blocked":true}}')).status).toBe(400);
    expect((await refused('{"constructor":{"prototype":{"isAdmin":true}}}')).status).toBe(400);
    expect(
      (await server.generate('{"metadata":{"constructor":{"prototype":{"isAdmin":true}}}}')).status,
    ).toBe(200);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  test('refuses a body that is too large, empty, or no JSON object', async () => {
    expect((await refused(`{"metadata":{"a":"${'x'.repeat(200_000)}"}}`)).status).toBe(413);
    for (const body of ['', '[]', '"x"', 'null', '{"a":']) expect((await refused(body)).status).toBe(400);
    expect(
      (await server.send('POST /key/generate', { body: '{}', headers: { 'content-type': 'text/plain' } }))
        .status,
    ).toBe(415);
  });

  test('an alias names one key', async () => {
    const key_alias = `only-${Date.now()}`;
    await server.generate({ key_alias });
    expect(await refused({ key_alias })).toMatchObject({
      status: 400,
      body: {
        error: { type: 'bad_request_error', param: 'key_alias', message: expect.stringContaining(key_alias) },
      },
    });
  });

  test('one alias asked for by many at once makes one key', async () => {
    const key_alias = `race-${Date.now()}`;
    const answers = await Promise.all(Array.from({ length: 12 }, () => server.generate({ key_alias })));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array.from({ length: 11 }, () => 400),
    ]);
  });

  test('a strong key of one’s own is taken, and sending it again changes nothing', async () => {
    const key = `sk-own-${Date.now()}-abcdefgh`;
    expect((await server.generate({ key, max_budget: 5 })).body).toMatchObject({
      key,
      token: hashKey(key),
      max_budget: 5,
    });
    expect(await server.generate({ key, max_budget: 500 })).toMatchObject({
      status: 200,
      body: { key, max_budget: 5 },
    });
  });

  test('the master key cannot become a virtual key', async () => {
    expect(await refused({ key: server.masterKey })).toMatchObject({
      status: 400,
      body: { error: { param: 'key' } },
    });
    expect((await server.info(`?key=${hashKey(server.masterKey)}`)).status).toBe(404);
  });

  test('is for admins only', async () => {
    const { body } = await server.generate();
    expect((await server.send('POST /key/generate', { key: body.key, body: {} })).status).toBe(403);
    expect((await server.send('POST /key/generate', { key: null, body: {} })).status).toBe(401);
  });
});
