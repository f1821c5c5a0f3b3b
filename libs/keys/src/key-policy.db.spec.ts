import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anAppConfig } from '@testing/config';
import { anOwnKeysServer, type ErrorBody, type KeysServer, type OwnKeysServer } from './testing.js';

let server: OwnKeysServer;

const config = anAppConfig({
  litellm: {
    keyDefaults: {
      models: ['gpt-4'],
      tpm_limit: 500,
      soft_budget: '3',
      metadata: { from: 'config' },
      allowed_routes: ['/v1'],
      key_type: 'llm_api',
    },
    keyBounds: { max_budget: '10', rpm_limit: 60, duration: '30d', budget_duration: '1mo' },
  },
});

beforeAll(async () => {
  server = await anOwnKeysServer(config);
});
afterAll(() => server.close());

interface Made extends ErrorBody {
  readonly key: string;
  readonly token: string;
  readonly models: string[];
  readonly max_budget: number | null;
  readonly soft_budget: number | null;
  readonly rpm_limit: number | null;
  readonly tpm_limit: number | null;
  readonly expires: string | null;
  readonly budget_duration: string | null;
  readonly allowed_routes: string[];
  readonly metadata: object;
}

const make = (body: object, key?: string) =>
  server.send<Made>('POST /key/generate', { body, ...(key === undefined ? {} : { key }) });
const daysUntil = (date: string | null): number => (Date.parse(date ?? '') - Date.now()) / 86_400_000;

describe('a new key', () => {
  test('has what the configuration says where its maker says nothing', async () => {
    const { body } = await make({});
    expect(body).toMatchObject({
      models: ['gpt-4'],
      tpm_limit: 500,
      soft_budget: 3,
      metadata: { from: 'config' },
      allowed_routes: ['/v1'],
      max_budget: 10,
      rpm_limit: 60,
      budget_duration: '1mo',
    });
    expect(daysUntil(body.expires)).toBeCloseTo(30, 1);
  });

  test('has what its maker says, up to the bounds', async () => {
    const wish = { models: ['other'], tpm_limit: 900, max_budget: 10, rpm_limit: 60, duration: '30d' };
    const { status, body } = await make({ ...wish, key_type: 'read_only', budget_duration: '7d' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      models: ['other'],
      tpm_limit: 900,
      max_budget: 10,
      allowed_routes: ['info_routes'],
      budget_duration: '7d',
    });
  });

  test.each([
    ['max_budget', 10.000001],
    ['rpm_limit', 61],
    ['duration', '31d'],
    ['budget_duration', '2mo'],
  ])('is refused when its %s is %s, and the field is named', async (field, value) => {
    const { status, body } = await make({ [field]: value });
    expect([status, body.error.param]).toEqual([400, field]);
    expect(body.error.message).toContain('over the limit');
  });

  test('made with a key that is limited keeps to that key, not to the defaults beyond it', async () => {
    const own = await server.user(
      'limited',
      {
        user_role: 'internal_user',
        max_budget_usd: '5',
        budget_duration: '1mo',
        rpm_limit: 20,
        tpm_limit: 500,
      },
      { models: ['gpt-4', 'b'], max_budget: 5, rpm_limit: 20, allowed_routes: ['*'] },
    );
    const { status, body } = await make({}, own);
    expect(status).toBe(200);
    expect(body).toMatchObject({ max_budget: 5, rpm_limit: 20, models: ['gpt-4', 'b'] });
  });
});

describe('a key that is changed', () => {
  test('keeps to the bounds, and what is taken away becomes the bound', async () => {
    const key = await server.mint({ max_budget: 4, rpm_limit: 5 });
    const change = (body: object) => server.send<Made>('POST /key/update', { body: { key, ...body } });
    expect((await change({ rpm_limit: 1000 })).body.error.param).toBe('rpm_limit');
    const { body } = await change({ rpm_limit: null, duration: '-1', max_budget: null });
    expect(body).toMatchObject({ rpm_limit: 60, max_budget: 10 });
    expect(daysUntil(body.expires)).toBeCloseTo(30, 1);
    expect((await change({ tpm_limit: null })).body.tpm_limit).toBeNull();
  });

  test('keeps to them when it gets a new credential too', async () => {
    const key = await server.mint();
    const { status, body } = await server.send<Made>('POST /key/regenerate', {
      body: { key, duration: '90d' },
    });
    expect([status, body.error.param]).toEqual([400, 'duration']);
  });
});

describe('who makes keys, where the configuration says it', () => {
  let strict: KeysServer;

  beforeAll(async () => {
    const team = { allowedRoles: ['admin'], requiredParams: ['tags'] };
    const personal = { allowedRoles: ['proxy_admin'], requiredParams: ['key_alias'] };
    strict = await server.twin(anAppConfig({ litellm: { keyGeneration: { team, personal } } }));
  });
  afterAll(() => strict.close());

  let made = 0;
  const generate = (body: object, key?: string) =>
    strict.send<Made>('POST /key/generate', { body, ...(key === undefined ? {} : { key }) });
  const userKey = (name: string, teamId?: string) =>
    strict.user(name, { user_role: 'internal_user' }, { key_alias: `of ${name} ${++made}`, team_id: teamId });

  test('no user makes one for himself, and an administrator says what is asked of him', async () => {
    const user = await userKey('strict-user');
    expect((await generate({ key_alias: 'mine' }, user)).status).toBe(403);
    const { status, body } = await generate({});
    expect([status, body.error.param]).toEqual([400, 'key_alias']);
    expect((await generate({ key_alias: 'an own one' })).status).toBe(200);
  });

  test('admins of a team make its keys and say what is asked of them, members do not', async () => {
    const [lead, member] = [await userKey('strict-lead'), await userKey('strict-member')];
    await strict.team(
      'strict',
      { 'strict-lead': 'admin', 'strict-member': 'user' },
      { member_permissions: ['/key/generate'] },
    );
    expect((await generate({ team_id: 'strict', tags: ['x'] }, lead)).status).toBe(200);
    const unsaid = await generate({ team_id: 'strict' }, lead);
    expect([unsaid.status, unsaid.body.error.param]).toEqual([400, 'tags']);
    expect((await generate({ team_id: 'strict', tags: ['x'] }, member)).status).toBe(403);
    expect((await generate({ team_id: 'strict' })).status).toBe(200);
  });
});
