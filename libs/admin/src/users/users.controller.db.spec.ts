import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aManagementServer, type ManagementServer } from '../testing.js';

let server: ManagementServer;

beforeAll(async () => {
  server = await aManagementServer();
}, 60_000);
afterAll(() => server.close());

describe('POST /user/new', () => {
  test('makes a user and a key that stands for it', async () => {
    const made = await server.ok('POST /user/new', {
      user_id: 'ada',
      user_email: 'Ada@Example.org',
      user_role: 'internal_user',
      models: ['gpt-4'],
      max_budget: 5,
      budget_duration: '30d',
      rpm_limit: 60,
      metadata: { floor: 3 },
      tags: ['math'],
    });
    expect(made).toMatchObject({
      user_id: 'ada',
      user_email: 'Ada@Example.org',
      user_role: 'internal_user',
      models: ['gpt-4'],
      max_budget: 5,
      budget_duration: '30d',
      rpm_limit: 60,
      spend: 0,
      teams: [],
      metadata: { floor: 3, tags: ['math'] },
      key: expect.stringMatching(/^sk-/),
    });
    expect(made).not.toHaveProperty('token');
    const now = new Date();
    const nextMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString();
    expect(made['budget_reset_at']).toBe(nextMonth);
    const info = await server.ok('GET /key/info', undefined, String(made['key']));
    expect(info['info']).toMatchObject({ user_id: 'ada', models: ['gpt-4'], max_budget: 5, rpm_limit: 60 });
  });

  test('makes no key where none is wanted', async () => {
    const made = await server.ok('POST /user/new', { auto_create_key: false });
    expect(made).toMatchObject({
      key: '',
      user_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      user_role: null,
    });
  });

  test.each([[{ user_id: 'ada' }], [{ user_email: 'ADA@example.ORG' }]])(
    'refuses %j, which is taken',
    async (body) => {
      const { status, body: answer } = await server.send('POST /user/new', { body });
      expect(status).toBe(409);
      expect(answer.error?.message).toContain('already exists');
    },
  );

  test.each([
    [{ user_role: 'org_admin' }, 'user_role'],
    [{ max_budget: -1 }, 'max_budget'],
    [{ spend: 3 }, 'spend'],
    [{ created_by: 'me' }, 'created_by'],
    [{ send_invite_email: true }, 'send_invite_email'],
    [{ budget_duration: '0d' }, 'budget_duration'],
    [{ rpm_limit: 1.5 }, 'rpm_limit'],
    [{ model_max_budget: { 'gpt-4': { limit: 3 } } }, 'model_max_budget'],
    [{ model_rpm_limit: { 'gpt-4': '3' } }, 'model_rpm_limit'],
    [{ teams: [7] }, 'teams'],
  ])('refuses %j by name', async (body, param) => {
    const { status, body: answer } = await server.send('POST /user/new', { body });
    expect([status, answer.error?.param]).toEqual([400, param]);
  });

  test('makes neither user nor key where the key cannot be made', async () => {
    await server.ok('POST /key/generate', { key_alias: 'taken-alias' });
    const { status } = await server.send('POST /user/new', {
      body: { user_id: 'half', key_alias: 'taken-alias' },
    });
    expect(status).toBe(400);
    expect((await server.send('GET /user/info?user_id=half')).status).toBe(404);
  });

  test('joins the teams that are named, and its key belongs to team_id', async () => {
    await server.ok('POST /team/new', { team_id: 'red' });
    await server.ok('POST /team/new', { team_id: 'blue' });
    const teams = [{ team_id: 'blue', user_role: 'admin', max_budget_in_team: 2 }];
    const made = await server.ok('POST /user/new', { user_id: 'joiner', team_id: 'red', teams });
    expect(made).toMatchObject({ teams: ['red', 'blue'], team_id: 'red' });
    const key = await server.ok('GET /key/info', undefined, String(made['key']));
    expect(key['info']).toMatchObject({ team_id: 'red', user_id: 'joiner' });
    const blue = await server.ok('GET /team/info?team_id=blue');
    expect(blue['team_memberships']).toContainEqual(
      expect.objectContaining({
        user_id: 'joiner',
        litellm_budget_table: expect.objectContaining({ max_budget: 2 }),
      }),
    );
    expect((await server.send('POST /user/new', { body: { team_id: 'nowhere' } })).status).toBe(404);
  });
});

describe('GET /user/info', () => {
  test('shows a user with keys and teams', async () => {
    const info = await server.ok('GET /user/info?user_id=joiner');
    expect(info).toMatchObject({
      user_id: 'joiner',
      user_info: { user_id: 'joiner', teams: ['red', 'blue'], spend: 0 },
      keys: [{ token: expect.stringMatching(/^[0-9a-f]{64}$/), team_id: 'red', team_alias: 'None' }],
      teams: [{ team_id: 'red' }, { team_id: 'blue' }],
    });
  });

  test('shows administrators all keys and teams when nobody is named', async () => {
    const info = await server.ok('GET /user/info');
    expect(info).toMatchObject({ user_id: null, user_info: null });
    expect((info['teams'] as unknown[]).length).toBeGreaterThanOrEqual(2);
    expect((info['keys'] as unknown[]).length).toBeGreaterThanOrEqual(2);
  });

  test('takes a plus in an address for itself', async () => {
    await server.ok('POST /user/new', { user_id: 'a+b@example.org', auto_create_key: false });
    expect(await server.ok('GET /user/info?user_id=a+b@example.org')).toMatchObject({
      user_id: 'a+b@example.org',
    });
    expect(await server.ok('GET /user/info?user_id=a%2Bb@example.org')).toMatchObject({
      user_id: 'a+b@example.org',
    });
  });

  test('does not tell a user whether another one exists', async () => {
    const { key } = await server.ok('POST /user/new', { user_id: 'curious' });
    const answers = await Promise.all(
      ['ada', 'nobody-at-all'].map((id) => server.send(`GET /user/info?user_id=${id}`, { key: String(key) })),
    );
    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
    expect(answers[0]?.text).toBe(answers[1]?.text);
    expect(await server.ok('GET /user/info', undefined, String(key))).toMatchObject({ user_id: 'curious' });
  });

  test('is nothing for a key that stands for no user', async () => {
    const { key } = await server.ok('POST /key/generate', { user_id: 'has-no-row' });
    expect((await server.send('GET /user/info', { key: String(key) })).status).toBe(403);
  });
});

describe('POST /user/update', () => {
  test('changes what is named and ignores what is empty', async () => {
    await server.ok('POST /user/new', {
      user_id: 'grace',
      max_budget: 5,
      models: ['gpt-4'],
      auto_create_key: false,
    });
    const updated = await server.ok('POST /user/update', {
      user_id: 'grace',
      max_budget: null,
      models: [],
      metadata: {},
      rpm_limit: 0,
      user_role: 'proxy_admin_viewer',
    });
    expect(updated).toMatchObject({
      user_id: 'grace',
      data: { max_budget: 5, models: ['gpt-4'], rpm_limit: 0, user_role: 'proxy_admin_viewer' },
    });
  });

  test('finds a user by e-mail address, and makes one that does not exist', async () => {
    expect(
      await server.ok('POST /user/update', { user_email: 'ada@example.org', user_alias: 'Ada' }),
    ).toMatchObject({
      user_id: 'ada',
      data: { user_alias: 'Ada' },
    });
    expect(await server.ok('POST /user/update', { user_id: 'litellm-proxy-budget', spend: 0 })).toMatchObject(
      {
        user_id: 'litellm-proxy-budget',
      },
    );
    expect((await server.send('POST /user/update', { body: { max_budget: 3 } })).status).toBe(400);
  });

  test('is in force for the keys of the user with the next request', async () => {
    const { key } = await server.ok('POST /user/new', { user_id: 'riser', user_role: 'internal_user' });
    expect((await server.send('GET /user/list', { key: String(key) })).status).toBe(403);
    await server.ok('POST /user/update', { user_id: 'riser', user_role: 'proxy_admin' });
    expect((await server.send('GET /user/list', { key: String(key) })).status).toBe(200);
    await server.ok('POST /user/update', { user_id: 'riser', user_role: 'proxy_admin_viewer' });
    expect((await server.send('GET /user/list', { key: String(key) })).status).toBe(200);
    expect((await server.send('POST /user/new', { key: String(key), body: {} })).status).toBe(403);
  });

  test('is in the audit log, before and after', async () => {
    const rows = await server.database.query<{ action: string; before_json: object; after_json: object }>(
      `SELECT action, before_json, after_json FROM audit_log WHERE entity = 'user' AND entity_id = 'grace' ORDER BY id`,
    );
    expect(rows.map(({ action }) => action)).toEqual(['user.created', 'user.updated']);
    expect(rows[1]?.before_json).toMatchObject({ rpm_limit: null });
    expect(rows[1]?.after_json).toMatchObject({ rpm_limit: 0 });
  });
});

describe('POST /user/delete', () => {
  test('answers how many went, and takes keys and memberships along', async () => {
    const made = await server.ok('POST /user/new', { user_id: 'leaver', team_id: 'red' });
    const answer = await server.send('POST /user/delete', { body: { user_ids: ['leaver'] } });
    expect([answer.status, answer.text]).toEqual([200, '1']);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect((await server.send('GET /key/info', { key: String(made['key']) })).status).toBe(401);
    const red = (await server.ok('GET /team/info?team_id=red')) as {
      team_info: { members_with_roles: object[] };
    };
    expect(JSON.stringify(red.team_info)).not.toContain('leaver');
  });

  test('deletes nobody where one does not exist', async () => {
    const { status } = await server.send('POST /user/delete', { body: { user_ids: ['ada', 'nobody'] } });
    expect(status).toBe(404);
    expect((await server.send('GET /user/info?user_id=ada')).status).toBe(200);
  });
});

describe('GET /user/list', () => {
  const ids = (answer: Record<string, unknown>): string[] =>
    (answer['users'] as { user_id: string }[]).map(({ user_id }) => user_id);

  test('pages, filters and counts keys', async () => {
    const page = await server.ok('GET /user/list?page=1&page_size=3&sort_by=user_id');
    expect(page).toMatchObject({ page: 1, page_size: 3, total_pages: Math.ceil(Number(page['total']) / 3) });
    expect(ids(page)).toEqual([...ids(page)].sort());
    const joiner = await server.ok('GET /user/list?user_ids=joiner,ada');
    expect(joiner['users']).toContainEqual(expect.objectContaining({ user_id: 'joiner', key_count: 1 }));
    expect(ids(await server.ok('GET /user/list?role=internal_user'))).toEqual(['ada']);
    expect(ids(await server.ok('GET /user/list?user_email=example.o'))).toContain('ada');
    expect(ids(await server.ok('GET /user/list?team=blue'))).toContain('joiner');
  });

  test.each(['page=0', 'page_size=1000', 'sort_by=password', 'sort_order=up', 'role=a&role=b'])(
    'refuses ?%s',
    async (query) => {
      expect((await server.send(`GET /user/list?${query}`)).status).toBe(400);
    },
  );
});

test.each([
  '/user/info?user_id=%00',
  '/user/list?user_ids=a,%00',
  '/team/info?team_id=%00',
  '/v2/team/list?team_alias=%00',
  '/organization/info?organization_id=%00',
  '/customer/info?end_user_id=%00',
])('%s is refused: PostgreSQL takes no NUL', async (path) => {
  expect((await server.send(`GET ${path}`)).status).toBe(400);
});
