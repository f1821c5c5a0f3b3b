import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashKey } from './key-hash.js';
import { anOwnKeysServer, type Answer, type OwnKeysServer } from './testing.js';

let server: OwnKeysServer;

beforeAll(async () => {
  server = await anOwnKeysServer();
});
afterAll(() => server.close());

type Body = Record<string, unknown>;
const update = (body: Body, key?: string): Promise<Answer<Body>> =>
  server.send('POST /key/update', { body, ...(key !== undefined && { key }) });
const probe = async (key: string): Promise<number> =>
  (await server.send('GET /probe/inference', { key })).status;
const infoOf = async (key: string): Promise<Body> =>
  (await server.send<{ info: Body }>(`GET /key/info?key=${key}`)).body.info;

describe('POST /key/update', () => {
  test('changes what is present, leaves the rest, and answers with the flat row', async () => {
    const key = await server.mint({ models: ['a'], max_budget: 5, rpm_limit: 3, metadata: { x: 1 } });
    const { status, body } = await update({ key, max_budget: 7, tpm_limit: 9 });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      key,
      token: hashKey(key),
      models: ['a'],
      max_budget: 7,
      rpm_limit: 3,
      tpm_limit: 9,
      metadata: { x: 1 },
    });
    expect(await infoOf(key)).toMatchObject({ max_budget: 7, rpm_limit: 3, tpm_limit: 9 });
  });

  test('takes limits away with null, and the end with -1', async () => {
    const key = await server.mint({
      max_budget: 5,
      rpm_limit: 3,
      tpm_limit: 4,
      duration: '1h',
      budget_duration: '1d',
    });
    await update({
      key,
      max_budget: null,
      rpm_limit: null,
      tpm_limit: null,
      duration: '-1',
      budget_duration: null,
    });
    expect(await infoOf(key)).toMatchObject({
      max_budget: null,
      rpm_limit: null,
      tpm_limit: null,
      expires: null,
      budget_duration: null,
      budget_reset_at: null,
    });
  });

  test('replaces metadata whole, with the limits by model in them', async () => {
    const key = await server.mint({ metadata: { a: 1 }, model_rpm_limit: { m: 2 } });
    expect((await infoOf(key))['metadata']).toEqual({ a: 1, model_rpm_limit: { m: 2 } });
    await update({ key, metadata: { b: 2, model_tpm_limit: { m: 3 } } });
    expect((await infoOf(key))['metadata']).toEqual({ b: 2, model_tpm_limit: { m: 3 } });
    await update({ key, metadata: {} });
    expect((await infoOf(key))['metadata']).toEqual({});
  });

  test('tells when the budget begins anew, on the calendar', async () => {
    const key = await server.mint({ max_budget: 5, budget_duration: '30d' });
    const now = new Date();
    const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString();
    expect((await infoOf(key))['budget_reset_at']).toBe(next);
  });

  test('names a key by its hash as well', async () => {
    const key = await server.mint();
    expect((await update({ key: hashKey(key), key_alias: 'by hash' })).body).toMatchObject({
      key: hashKey(key),
      key_alias: 'by hash',
    });
  });

  test('cannot take an alias that is taken', async () => {
    await server.mint({ key_alias: 'taken' });
    const key = await server.mint();
    expect(await update({ key, key_alias: 'taken' })).toMatchObject({
      status: 400,
      body: { error: { param: 'key_alias' } },
    });
  });

  test.each<[Body, number, string]>([
    [{ key: 'sk-nobody-has-this-key-000' }, 404, 'key'],
    [{ key: 'no key' }, 404, 'key'],
    [{ max_budget: 1 }, 400, 'key'],
    [{ key: 'sk-x', token: 'y' }, 400, 'token'],
    [{ key: 'sk-x', spend: 0.5 }, 400, 'spend'],
    [{ key: 'sk-x', user_role: 'proxy_admin' }, 400, 'user_role'],
    [{ key: 'sk-x', created_by: 'me' }, 400, 'created_by'],
    [{ key: 'sk-x', temp_budget_increase: 5 }, 400, 'temp_budget_increase'],
    [{ key: 'sk-x', duration: '-2' }, 400, 'duration'],
  ])('refuses %j with %i and names %s', async (body, status, param) => {
    expect(await update(body)).toMatchObject({ status, body: { error: { param } } });
  });

  test('refuses a team, a budget or an organization that is not there', async () => {
    const key = await server.mint();
    for (const field of ['team_id', 'budget_id', 'organization_id'])
      expect(await update({ key, [field]: 'nowhere' })).toMatchObject({
        status: 404,
        body: { error: { param: field } },
      });
  });

  test('is in force with the next request', async () => {
    const key = await server.mint();
    expect(await probe(key)).toBe(200);
    await update({ key, blocked: true });
    expect(await probe(key)).toBe(401);
    await update({ key, blocked: false });
    expect(await probe(key)).toBe(200);
    await update({ key, allowed_routes: ['/key/info'] });
    expect(await probe(key)).toBe(403);
    await update({ key, allowed_routes: null, duration: '0s' });
    expect(await probe(key)).toBe(401);
  });

  test('of many at once leaves the key as one of them wrote it, and memory with the last', async () => {
    const key = await server.mint();
    await Promise.all(Array.from({ length: 20 }, (_, i) => update({ key, rpm_limit: i, tpm_limit: i })));
    const info = await infoOf(key);
    expect(info['rpm_limit']).toBe(info['tpm_limit']);
  });
});

describe('POST /key/block and /key/unblock', () => {
  const named = (route: string, key: unknown) => server.send<Body>(`POST /key/${route}`, { body: { key } });

  test('close a key and open it again, and answer with the row', async () => {
    const key = await server.mint();
    expect((await named('block', key)).body).toMatchObject({ token: hashKey(key), blocked: true });
    expect(await probe(key)).toBe(401);
    expect((await named('unblock', hashKey(key))).body).toMatchObject({ blocked: false });
    expect(await probe(key)).toBe(200);
  });

  test.each<[unknown, number]>([
    ['sk-nobody-has-this-key-000', 404],
    ['neither', 400],
    ['', 400],
    [7, 400],
    [null, 400],
  ])('answer %j with %i', async (key, status) => {
    expect((await named('block', key)).status).toBe(status);
    expect((await named('unblock', key)).status).toBe(status);
  });
});

describe('what is above a key', () => {
  test.each<[string, string, Body, string]>([
    ['a user', 'user', { user_id: 'above' }, `UPDATE users SET blocked = true WHERE user_id = 'above'`],
    ['a team', 'team', { team_id: 'above' }, `UPDATE teams SET blocked = true WHERE team_id = 'above'`],
  ])('%s that is blocked closes its keys with the next request', async (_, kind, owner, statement) => {
    if (kind === 'user') await server.user('above');
    else await server.team('above');
    const key = await server.mint(owner);
    expect(await probe(key)).toBe(200);
    await server.write([`${kind}:above`], [statement]);
    expect(await probe(key)).toBe(401);
    await server.write([`${kind}:above`], [statement.replace('true', 'false')]);
    expect(await probe(key)).toBe(200);
  });

  test('that goes leaves the key without its role', async () => {
    const key = await server.user('leaver', { user_role: 'proxy_admin' });
    expect((await server.send('GET /probe/admin', { key })).status).toBe(200);
    await server.write(['user:leaver'], [`DELETE FROM users WHERE user_id = 'leaver'`]);
    expect((await server.send('GET /probe/admin', { key })).status).toBe(403);
  });
});
