import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashKey } from './key-hash.js';
import { anOwnKeysServer, type Answer, type OwnKeysServer } from './testing.js';

interface Page {
  keys: (string | Record<string, unknown>)[];
  total_count: number;
  current_page: number;
  total_pages: number;
}

let server: OwnKeysServer;
let [ann, lead, plain] = ['', '', ''];

beforeAll(async () => {
  server = await anOwnKeysServer();
  ann = await server.user('ann', { user_email: 'ann@example.com' }, { key_alias: 'k-00' });
  lead = await server.user('lead', {}, { key_alias: 'leads-own' });
  plain = await server.mint({ key_alias: 'plain' });
  await server.team('reds', { lead: 'admin', ann: 'user' });
  for (let i = 1; i <= 24; i++)
    await server.mint({ user_id: 'ann', key_alias: `k-${String(i).padStart(2, '0')}`, max_budget: 25 - i });
  for (let i = 1; i <= 3; i++) await server.mint({ team_id: 'reds', key_alias: `Red-${i}` });
});
afterAll(() => server.close());

const list = (query: string, key = server.masterKey): Promise<Answer<Page>> =>
  server.send<Page>(`GET /key/list?${query}`, { key });
const aliasesOf = async (query: string, key?: string): Promise<unknown[]> =>
  (await list(`return_full_object=true&${query}`, key)).body.keys.map(
    (one) => (one as Record<string, unknown>)['key_alias'],
  );

describe('GET /key/list', () => {
  test('answers with hashes, newest first, ten to a page', async () => {
    const { body } = await list('');
    expect(body).toMatchObject({ total_count: 30, current_page: 1, total_pages: 3 });
    expect(body.keys).toHaveLength(10);
    for (const hash of body.keys) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ['every key', '', 30],
    ['what is searched for', '&key_alias=K-&substring_matching=true', 25],
  ])('shows %s once over all pages, in both orders and each sorting', async (_, filter, count) => {
    for (const sort of ['created_at', 'updated_at', 'key_alias', 'max_budget', 'expires', 'token', 'spend']) {
      for (const order of ['asc', 'desc']) {
        const all: unknown[] = [];
        for (let page = 1; page <= 5; page++)
          all.push(
            ...(await list(`sort_by=${sort}&sort_order=${order}&size=7&page=${page}${filter}`)).body.keys,
          );
        expect(new Set(all).size).toBe(count);
        const whole = (await list(`sort_by=${sort}&sort_order=${order}&size=100${filter}`)).body.keys;
        expect(all).toEqual(whole);
      }
    }
  });

  test('sorts by what is asked for', async () => {
    expect(await aliasesOf('sort_by=key_alias&sort_order=asc&user_id=ann&size=3')).toEqual([
      'k-00',
      'k-01',
      'k-02',
    ]);
    expect(await aliasesOf('sort_by=max_budget&sort_order=asc&user_id=ann&size=2')).toEqual(['k-24', 'k-23']);
  });

  test('shows whole keys with their token, and their user where asked', async () => {
    const { body } = await list('return_full_object=true&expand=user&key_alias=k-03');
    expect(body.keys).toEqual([
      expect.objectContaining({
        token: expect.stringMatching(/^[0-9a-f]{64}$/),
        key_alias: 'k-03',
        user_id: 'ann',
        spend: 0,
        user: { user_id: 'ann', user_email: 'ann@example.com', user_role: 'internal_user' },
      }),
    ]);
    expect(JSON.stringify(body)).not.toContain(ann);
  });

  test.each([
    ['user_id=ann', 25],
    ['team_id=reds', 3],
    ['key_alias=k-1', 0],
    ['key_alias=k-1&substring_matching=true', 10],
    ['key_alias=k-1&substring_matching=true&page=99', 10],
    ['key_alias=RED-&substring_matching=true', 3],
    ['key_alias=%25&substring_matching=true', 0],
    ['organization_id=none', 0],
    ['user_id=nobody', 0],
    ['key_hash=nonsense', 0],
    ['page=99', 30],
  ])('finds by %s: %i', async (query, total) => {
    expect((await list(query)).body.total_count).toBe(total);
  });

  test('finds one by the key or its hash', async () => {
    for (const name of [ann, hashKey(ann)])
      expect((await list(`key_hash=${name}`)).body.keys).toEqual([hashKey(ann)]);
  });

  test.each([
    ['size=101', 'size'],
    ['size=0', 'size'],
    ['page=-1', 'page'],
    ['page=1e9', 'page'],
    ['sort_by=hash;drop', 'sort_by'],
    ['sort_by=constructor', 'sort_by'],
    ['sort_order=up', 'sort_order'],
    ['return_full_object=perhaps', 'return_full_object'],
    ['status=gone', 'status'],
    ['project_id=x', 'project_id'],
    ['user_id=a&user_id=b', 'user_id'],
    ['limit=5', 'limit'],
  ])('refuses %s by name', async (query, param) => {
    expect(await list(query)).toMatchObject({ status: 400, body: { error: { param } } });
  });

  test('shows a user his own keys and nobody else’s', async () => {
    expect((await list('', ann)).body.total_count).toBe(25);
    expect((await list('user_id=ann', ann)).body.total_count).toBe(25);
    expect((await list(`key_hash=${plain}`, ann)).body.total_count).toBe(0);
    for (const query of ['user_id=lead', 'user_id=nobody', 'team_id=blues', 'team_id=none'])
      expect((await list(query, ann)).status).toBe(403);
    expect((await list('team_id=reds', ann)).body.total_count).toBe(0);
  });

  test('shows a team admin the keys of the team', async () => {
    expect(await aliasesOf('', lead)).toEqual(['leads-own']);
    expect((await list('team_id=reds', lead)).body.total_count).toBe(3);
    expect((await list('include_team_keys=true', lead)).body.total_count).toBe(4);
    expect((await list('include_team_keys=true', ann)).body.total_count).toBe(25);
  });

  test('is nothing for a plain key or for nobody', async () => {
    expect((await list('', plain)).status).toBe(403);
    expect((await server.send('GET /key/list', { key: null })).status).toBe(401);
  });

  test('shows what was deleted, to its owner too, and hides sessions', async () => {
    const gone = await server.mint({ user_id: 'ann', key_alias: 'gone' });
    await server.send('POST /key/delete', { body: { keys: [gone] } });
    await server.database.query(
      `INSERT INTO virtual_keys (hash, key_name, team_id, version, created_by, updated_by) VALUES (repeat('ab', 32), 'sk-...', 'litellm-dashboard', 0, 'x', 'x')`,
    );
    expect(await aliasesOf('status=deleted')).toEqual(['gone']);
    expect(await aliasesOf('status=deleted', ann)).toEqual(['gone']);
    expect((await list('status=deleted', lead)).body.total_count).toBe(0);
    expect((await list('')).body.total_count).toBe(30);
  });
});

describe('GET /key/aliases', () => {
  const aliases = (key?: string) =>
    server.send<{ aliases: string[] }>('GET /key/aliases', { ...(key !== undefined && { key }) });

  test('tells an administrator all of them, in order and once', async () => {
    const { status, body } = await aliases();
    expect(status).toBe(200);
    expect(body.aliases).toEqual(expect.arrayContaining(['k-00', 'leads-own', 'plain', 'Red-1']));
    expect(new Set(body.aliases).size).toBe(body.aliases.length);
  });

  test('tells others those of their own keys and of teams they lead', async () => {
    expect((await aliases(lead)).body.aliases.sort()).toEqual(['Red-1', 'Red-2', 'Red-3', 'leads-own']);
    expect((await aliases(ann)).body.aliases).toHaveLength(25);
    expect((await aliases(plain)).status).toBe(403);
  });
});

describe('POST /key/service-account/generate', () => {
  const make = (body: object, key?: string) =>
    server.send('POST /key/service-account/generate', {
      body,
      ...(key !== undefined && { key }),
    });

  test('makes a key of a team that belongs to no user', async () => {
    const { status, body } = await make({ team_id: 'reds', key_alias: 'robot', metadata: { floor: 3 } });
    expect([status, body['team_id'], body['user_id']]).toEqual([200, 'reds', null]);
    expect(body['metadata']).toMatchObject({ service_account_id: 'robot', floor: 3 });
    expect(body['key']).toMatch(/^sk-/);
  });

  test.each([
    [{}, 400, 'team_id'],
    [{ team_id: 'reds', user_id: 'ann' }, 400, 'user_id'],
    [{ team_id: 'nobodys' }, 404, 'team_id'],
  ])('%j is refused', async (body, status, param) => {
    const refused = await make(body);
    expect([refused.status, (refused.body['error'] as { param: string }).param]).toEqual([status, param]);
  });

  test('is for administrators', async () => {
    expect((await make({ team_id: 'reds' }, lead)).status).toBe(403);
  });
});
