import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anOwnKeysServer, type Answer, type OwnKeysServer } from './testing.js';

let server: OwnKeysServer;

beforeAll(async () => {
  server = await anOwnKeysServer();
});
afterAll(() => server.close());

type Body = Record<string, unknown>;
let users = 0;
/** A key that is limited so, of a user whose own limits leave room for more keys. */
async function aMinter(limits: object, row: object = {}): Promise<string> {
  const shared = { max_budget_usd: 1000, rpm_limit: 1000, tpm_limit: 100_000, max_parallel_requests: 100 };
  return server.user(`minter-${users++}`, { ...shared, ...row }, limits);
}
const mint = (key: string, body: object = {}): Promise<Answer<Body>> =>
  server.send('POST /key/generate', { key, body });
const inAnHour = (): number => Date.now() + 3_600_000;

describe('a key made with a limited key', () => {
  test('has its limits where nothing is said', async () => {
    const minter = await aMinter({
      models: ['a', 'b/*'],
      max_budget: 5,
      budget_duration: '7d',
      rpm_limit: 10,
      tpm_limit: 100,
      max_parallel_requests: 2,
      duration: '1h',
      allowed_routes: ['/key', '/v1'],
    });
    const { body } = await mint(minter, { models: [], max_budget: null });
    expect(body).toMatchObject({
      models: ['a', 'b/*'],
      max_budget: 5,
      budget_duration: '7d',
      rpm_limit: 10,
      tpm_limit: 100,
      max_parallel_requests: 2,
      allowed_routes: ['/key', '/v1'],
    });
    expect(Date.parse(String(body['expires']))).toBeLessThanOrEqual(inAnHour());
  });

  test('may have less', async () => {
    const minter = await aMinter({ models: ['b/*'], max_budget: 5, rpm_limit: 10, duration: '1h' });
    const { status, body } = await mint(minter, {
      models: ['b/x'],
      max_budget: 1,
      rpm_limit: 0,
      duration: '1m',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ models: ['b/x'], max_budget: 1, rpm_limit: 0 });
  });

  test.each<[object, object, string]>([
    [{ models: ['a'] }, { models: ['b'] }, 'models'],
    [{ models: ['a'] }, { models: ['*'] }, 'models'],
    [{ models: ['a'] }, { models: ['all-proxy-models'] }, 'models'],
    [{ models: ['a'] }, { models: ['a'], aliases: { a: 'secret' } }, 'aliases'],
    [{ max_budget: 5 }, { max_budget: 5.000000000001 }, 'max_budget'],
    [{ max_budget: 5 }, { max_budget: '1e9' }, 'max_budget'],
    [{ max_budget: 5 }, { max_budget: 5, budget_duration: '1s' }, 'budget_duration'],
    [{ rpm_limit: 5 }, { rpm_limit: 6 }, 'rpm_limit'],
    [{ tpm_limit: 5 }, { tpm_limit: 6 }, 'tpm_limit'],
    [{ max_parallel_requests: 5 }, { max_parallel_requests: 6 }, 'max_parallel_requests'],
    [{ model_rpm_limit: { a: 1 } }, { model_rpm_limit: { a: 2 } }, 'model_rpm_limit'],
    [{ model_rpm_limit: { a: 1 } }, { metadata: { model_rpm_limit: { a: 2 } } }, 'model_rpm_limit'],
    [
      { model_max_budget: { a: 1 } },
      { model_max_budget: { a: { budget_limit: 1, time_period: '1h' } } },
      'model_max_budget',
    ],
    [{ duration: '1h' }, { duration: '2h' }, 'duration'],
    [{ allowed_routes: ['/key/generate'] }, { allowed_routes: ['/key'] }, 'allowed_routes'],
    [{ allowed_routes: ['/key/generate'] }, { key_type: 'management' }, 'allowed_routes'],
    [{ allowed_routes: ['/key/generate'] }, { allowed_routes: ['*'] }, 'allowed_routes'],
    [
      { allowed_cache_controls: ['ttl'] },
      { allowed_cache_controls: ['ttl', 'no-cache'] },
      'allowed_cache_controls',
    ],
  ])('of %j cannot be %j', async (limits, wanted, field) => {
    const minter = await aMinter(limits);
    expect(await mint(minter, wanted)).toMatchObject({ status: 403, body: { error: { param: field } } });
  });

  test('of a team stays in that team', async () => {
    const lead = await server.user('lead-of-two');
    await server.team('first', { 'lead-of-two': 'admin' });
    await server.team('second', { 'lead-of-two': 'admin' });
    const minter = String((await mint(lead, { team_id: 'first' })).body['key']);
    expect((await mint(minter)).body).toMatchObject({ team_id: 'first' });
    expect((await mint(minter, { team_id: 'second' })).status).toBe(403);
  });

  test.each([{ max_budget: 5 }, { rpm_limit: 5 }, { tpm_limit: 5 }, { max_parallel_requests: 5 }])(
    'is not made at all where only the key has %j, or its money would multiply',
    async (limits) => {
      const [field = ''] = Object.keys(limits);
      const column = field === 'max_budget' ? 'max_budget_usd' : field;
      const minter = await aMinter(limits, { [column]: null });
      expect(await mint(minter)).toMatchObject({ status: 403, body: { error: { param: field } } });
    },
  );

  test('cannot be widened later, nor can the limited key widen itself', async () => {
    const minter = await aMinter({ models: ['a'], max_budget: 5, rpm_limit: 5, duration: '1h' });
    const minted = String((await mint(minter)).body['key']);
    for (const key of [minted, minter]) {
      for (const change of [
        { models: [] },
        { models: ['b'] },
        { aliases: { a: 'b' } },
        { max_budget: 6 },
        { max_budget: null },
        { budget_duration: '1h' },
        { rpm_limit: null },
        { duration: '-1' },
        { duration: '2h' },
      ]) {
        const body = { key, ...change };
        const answer = await server.send('POST /key/update', { key: minter, body });
        expect([change, answer.status]).toEqual([change, 403]);
      }
      expect(
        (await server.send('POST /key/update', { key: minter, body: { key, rpm_limit: 1 } })).status,
      ).toBe(200);
    }
  });

  test('is not got by renewing a wider one of the same user', async () => {
    const wide = await server.user('two-keys');
    const narrow = String((await mint(wide, { models: ['a'] })).body['key']);
    const renew = (key: string) => server.send('POST /key/regenerate', { key: narrow, body: { key } });
    expect(await renew(wide)).toMatchObject({ status: 403, body: { error: { param: 'models' } } });
    expect((await renew(narrow)).status).toBe(200);
    expect((await server.send('GET /probe/inference', { key: wide })).status).toBe(200);
  });

  test('with a narrowed admin key may be any key, but no admin key that is wider', async () => {
    const narrow = await server.user(
      'root',
      { user_role: 'proxy_admin' },
      { allowed_routes: ['/key'], duration: '1h' },
    );
    expect((await mint(narrow, { max_budget: 100, user_id: 'anybody' })).status).toBe(200);
    expect((await mint(narrow, { user_id: 'root', allowed_routes: ['*'] })).status).toBe(403);
    expect((await mint(narrow, { user_id: 'root' })).body).toMatchObject({ allowed_routes: ['/key'] });
    const wide = await server.mint({ user_id: 'root' });
    for (const route of ['regenerate', 'update'])
      expect(
        (await server.send(`POST /key/${route}`, { key: narrow, body: { key: wide, duration: '9d' } }))
          .status,
      ).toBe(403);
    const anybodys = await server.mint();
    expect(
      (await server.send('POST /key/update', { key: narrow, body: { key: anybodys, user_id: 'root' } }))
        .status,
    ).toBe(403);
  });

  test('has no alias for a model that its user or its minter may use only so much of', async () => {
    const limits = { model_rpm_limit: { dear: 1 } };
    for (const minter of [await aMinter({}, limits), await aMinter(limits, limits)]) {
      const named = (alias: object) => mint(minter, { aliases: alias });
      expect(await named({ x: 'dear' })).toMatchObject({
        status: 403,
        body: { error: { param: 'aliases' } },
      });
      expect((await named({ x: 'cheap' })).status).toBe(200);
      const key = String((await mint(minter)).body['key']);
      const body = { key, aliases: { x: 'dear' } };
      expect((await server.send('POST /key/update', { key: minter, body })).status).toBe(403);
    }
  });
});

describe('a key of a team for a member who is', () => {
  test.each(['proxy_admin', 'proxy_admin_viewer'])(
    '%s is not made, handed over or renewed by an administrator of the team, who would have its rights',
    async (user_role) => {
      const [team, lead, chief] = [`team-of-${user_role}`, `lead-of-${user_role}`, `a-${user_role}`];
      const own = await server.user(lead);
      await server.user(chief, { user_role });
      await server.team(team, { [lead]: 'admin', [chief]: 'user' });
      const send = (route: string, body: object) => server.send(`POST /key/${route}`, { key: own, body });
      const refused = { status: 403, body: { error: { param: 'user_id' } } };
      expect(await send('generate', { team_id: team, user_id: chief })).toMatchObject(refused);
      const { key } = (await mint(own, { team_id: team })).body;
      expect(await send('update', { key, user_id: chief })).toMatchObject(refused);
      const chiefs = await server.mint({ team_id: team, user_id: chief });
      expect(await send('regenerate', { key: chiefs })).toMatchObject(refused);
      // What makes it no more than it was he may do.
      expect((await send('update', { key: chiefs, user_id: chief, max_budget: 1 })).status).toBe(200);
      expect((await send('block', { key: chiefs })).status).toBe(200);
    },
  );
});
