import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashKey } from './key-hash.js';
import { anOwnKeysServer, type Answer, type OwnKeysServer } from './testing.js';

let server: OwnKeysServer;
/** Credentials by who holds them. */
const keys: Record<string, string> = {};

beforeAll(async () => {
  server = await anOwnKeysServer();
  keys['admin'] = await server.user('root', { user_role: 'proxy_admin' });
  keys['auditor'] = await server.user('auditor', { user_role: 'proxy_admin_viewer' });
  keys['ann'] = await server.user('ann', { user_role: 'internal_user' });
  keys['noRole'] = await server.user('norole');
  keys['viewer'] = await server.user('viewer', { user_role: 'internal_user_viewer' });
  keys['bob'] = await server.user('bob');
  keys['lead'] = await server.user('lead');
  keys['mate'] = await server.user('mate');
  keys['trusted'] = await server.user('trusted');
  keys['plain'] = await server.mint();
  keys['madeUp'] = await server.mint({ user_id: 'nobody-made-this-user' });
  await server.team('reds', { lead: 'admin', mate: 'user' });
  await server.team(
    'open',
    { lead: 'admin', trusted: 'user' },
    { member_permissions: ['/key/generate', '/key/info'] },
  );
  await server.team('blues', { bob: 'admin' });
});
afterAll(() => server.close());

type Body = Record<string, unknown>;
const as = (who: string, request: string, body?: object): Promise<Answer<Body>> =>
  server.send(request, { key: keys[who] ?? who, ...(body && { body }) });
const made = async (who: string, body: object = {}): Promise<string> => {
  const answer = await as(who, 'POST /key/generate', body);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return String(answer.body['key']);
};
const count = async (): Promise<number> => {
  const [row] = await server.database.query<{ n: number }>('SELECT count(*)::int AS n FROM virtual_keys');
  return row?.n ?? -1;
};

describe('who may make keys', () => {
  test.each(['admin', 'ann', 'noRole'])('%s may', async (who) => {
    expect((await as(who, 'POST /key/generate', {})).status).toBe(200);
  });

  test.each(['plain', 'madeUp', 'viewer', 'auditor'])(
    '%s may not, nor change, block or delete any, not even its own',
    async (who) => {
      const before = await count();
      const own = keys[who];
      const attempts: [string, object][] = [
        ['generate', {}],
        ['update', { key: own, key_alias: 'mine' }],
        ['block', { key: own }],
        ['unblock', { key: own }],
        ['regenerate', { key: own }],
        ['delete', { keys: [own] }],
      ];
      for (const [route, body] of attempts)
        expect(await as(who, `POST /key/${route}`, body)).toMatchObject({
          status: 403,
          body: { error: { type: 'auth_error' } },
        });
      expect(await count()).toBe(before);
    },
  );

  test('a key of a user is his, whatever he leaves out, and no other user’s', async () => {
    expect((await as('ann', 'POST /key/generate', {})).body).toMatchObject({
      user_id: 'ann',
      created_by: 'ann',
    });
    for (const user_id of ['bob', 'nobody-made-this-user'])
      expect(await as('ann', 'POST /key/generate', { user_id })).toMatchObject({
        status: 403,
        body: { error: { param: 'user_id' } },
      });
  });

  test('a team that is not there is told as one that is somebody else’s', async () => {
    const answers = [];
    for (const team_id of ['blues', 'no-such-team']) {
      const { status, body } = await as('ann', 'POST /key/generate', { team_id });
      answers.push([status, JSON.stringify(body)]);
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.[0]).toBe(403);
  });

  test('team admins make them for the team and its members, members only where the team permits it', async () => {
    expect((await as('lead', 'POST /key/generate', { team_id: 'reds' })).body).toMatchObject({
      team_id: 'reds',
      user_id: 'lead',
    });
    expect((await as('lead', 'POST /key/generate', { team_id: 'reds', user_id: 'mate' })).body).toMatchObject(
      { user_id: 'mate' },
    );
    expect((await as('lead', 'POST /key/generate', { team_id: 'reds', user_id: 'ann' })).status).toBe(403);
    expect((await as('lead', 'POST /key/generate', { team_id: 'blues' })).status).toBe(403);
    expect(await as('mate', 'POST /key/generate', { team_id: 'reds' })).toMatchObject({
      status: 401,
      body: { error: { type: 'team_member_permission_error', param: '/key/generate' } },
    });
    expect((await as('trusted', 'POST /key/generate', { team_id: 'open' })).body).toMatchObject({
      user_id: 'trusted',
    });
    expect((await as('trusted', 'POST /key/generate', { team_id: 'open', user_id: 'lead' })).status).toBe(
      403,
    );
  });

  test.each(['budget_id', 'organization_id'])('%s is set by administrators alone', async (field) => {
    expect(await as('ann', 'POST /key/generate', { [field]: 'x' })).toMatchObject({
      status: 403,
      body: { error: { param: field } },
    });
  });

  test('a role that was just taken away is not used once more', async () => {
    const fired = await server.user('fired');
    expect((await as(fired, 'POST /key/generate', {})).status).toBe(200);
    await server.write(
      ['user:fired'],
      [`UPDATE users SET user_role = 'internal_user_viewer' WHERE user_id = 'fired'`],
    );
    expect((await as(fired, 'POST /key/generate', {})).status).toBe(403);
  });

  test('nobody without a credential, even where the configuration opens the route', async () => {
    expect((await server.send('POST /key/generate', { key: null, body: {} })).status).toBe(401);
  });
});

describe('whose keys one may change', () => {
  test('his own, in all ways but to unblock them, move them or hand them over', async () => {
    const key = await made('ann');
    expect((await as('ann', 'POST /key/update', { key, key_alias: 'ann-one' })).status).toBe(200);
    for (const change of [
      { user_id: 'bob' },
      { team_id: 'reds' },
      { organization_id: 'x' },
      { budget_id: 'x' },
      { user_id: null },
    ])
      expect((await as('ann', 'POST /key/update', { key, ...change })).status).toBe(403);
    expect((await as('ann', 'POST /key/block', { key })).status).toBe(200);
    expect((await as('ann', 'POST /key/unblock', { key })).status).toBe(403);
    expect((await as('ann', 'POST /key/update', { key, blocked: false })).status).toBe(403);
    expect((await as('admin', 'POST /key/unblock', { key })).status).toBe(200);
    expect((await as('ann', 'POST /key/delete', { keys: [key] })).status).toBe(200);
  });

  test.each<[string, (key: string) => [string, object]]>([
    ['update', (key) => ['update', { key, key_alias: 'stolen' }]],
    ['block', (key) => ['block', { key }]],
    ['unblock', (key) => ['unblock', { key }]],
    ['regenerate', (key) => ['regenerate', { key }]],
    ['delete', (key) => ['delete', { keys: [key] }]],
  ])(
    'not another tenant’s: %s answers as for a key that is not there, and does nothing',
    async (_, attempt) => {
      const alias = `bobs-${Math.random()}`;
      const foreign = hashKey(await made('bob', { key_alias: alias }));
      const answers = [];
      for (const key of [foreign, 'f'.repeat(64)]) {
        const [route, body] = attempt(key);
        const answer = await as('ann', `POST /key/${route}`, body);
        answers.push([answer.status, JSON.stringify(answer.body)]);
      }
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]?.[0]).toBe(403);
      expect((await as('bob', `GET /key/info?key=${foreign}`)).body['info']).toMatchObject({
        key_alias: alias,
        blocked: false,
        rotation_count: 0,
      });
    },
  );

  test('not by its alias either, alone or among his own', async () => {
    await made('bob', { key_alias: 'bobs-alias' });
    const own = await made('ann');
    expect((await as('ann', 'POST /key/delete', { key_aliases: ['bobs-alias'] })).status).toBe(403);
    const absent = await as('ann', 'POST /key/delete', { key_aliases: ['no-alias'] });
    expect(absent.status).toBe(403);
    expect((await as('ann', 'POST /key/delete', { keys: [own, hashKey('sk-none')] })).status).toBe(403);
    expect((await as('ann', `GET /key/info?key=${own}`)).status).toBe(200);
  });

  test('team admins those of their team, members their own as the team permits', async () => {
    const key = await made('lead', { team_id: 'reds', user_id: 'mate' });
    expect((await as('mate', 'POST /key/update', { key, key_alias: 'x' })).body).toMatchObject({
      error: { type: 'team_member_permission_error' },
    });
    expect((await as('lead', 'POST /key/update', { key, rpm_limit: 5 })).status).toBe(200);
    expect((await as('lead', 'POST /key/update', { key, team_id: 'open' })).status).toBe(403);
    expect((await as('lead', 'POST /key/update', { key, user_id: 'ann' })).status).toBe(403);
    expect((await as('bob', 'POST /key/update', { key, rpm_limit: 5 })).status).toBe(403);
    const leads = await made('lead', { team_id: 'reds' });
    expect((await as('mate', 'POST /key/delete', { keys: [leads] })).status).toBe(403);
    expect((await as('mate', 'POST /key/delete', { keys: [key] })).status).toBe(200);
  });

  test('a custom key that exists is shown to nobody but its owner', async () => {
    const key = 'sk-bobs-own-choice-1234567';
    await made('bob', { key });
    expect(await as('ann', 'POST /key/generate', { key })).toMatchObject({
      status: 400,
      body: { error: { param: 'key' } },
    });
    expect((await as('bob', 'POST /key/generate', { key })).status).toBe(200);
  });
});

describe('what one may see', () => {
  test.each<[string, string, number]>([
    ['ann', 'bob', 404],
    ['plain', 'bob', 404],
    ['viewer', 'bob', 404],
    ['auditor', 'bob', 200],
    ['admin', 'bob', 200],
    ['bob', 'bob', 200],
    ['plain', 'plain', 200],
  ])('%s asking for a key of %s gets %i', async (who, whose, status) => {
    const hash = hashKey(keys[whose] ?? '');
    expect((await as(who, `GET /key/info?key=${hash}`)).status).toBe(status);
    expect((await as(who, 'POST /v2/key/info', { keys: [hash] })).status).toBe(status);
  });

  test('a foreign key and none at all are told in the same bytes', async () => {
    const texts = await Promise.all(
      [hashKey(keys['bob'] ?? ''), 'e'.repeat(64)].map(async (hash) =>
        JSON.stringify((await as('ann', `GET /key/info?key=${hash}`)).body),
      ),
    );
    expect(texts[0]).toBe(texts[1]);
  });

  test('members see the keys of their team, or what the team lets them see', async () => {
    const key = hashKey(await made('lead', { team_id: 'reds' }));
    expect((await as('mate', `GET /key/info?key=${key}`)).status).toBe(200);
    await server.write(
      ['team:reds'],
      [`UPDATE teams SET member_permissions = '{/key/health}' WHERE team_id = 'reds'`],
    );
    expect((await as('mate', `GET /key/info?key=${key}`)).status).toBe(404);
    expect((await as('lead', `GET /key/info?key=${key}`)).status).toBe(200);
  });

  test('several at once come in their order, or not at all', async () => {
    const [one, two] = [await made('ann'), await made('ann')];
    const answer = await as('ann', 'POST /v2/key/info', { keys: [two, hashKey(one)] });
    expect(answer.body).toMatchObject({
      key: [two, hashKey(one)],
      info: [{ user_id: 'ann' }, { user_id: 'ann' }],
    });
    for (const body of [{ keys: [] }, {}, { keys: Array(101).fill(one) }])
      expect((await as('ann', 'POST /v2/key/info', body)).status).toBe(400);
  });

  test('POST /key/health tells a key of itself, and nobody else', async () => {
    expect((await as('plain', 'POST /key/health')).body).toEqual({ key: 'healthy', logging_callbacks: null });
    expect((await server.send('POST /key/health', { key: null })).status).toBe(401);
  });
});
