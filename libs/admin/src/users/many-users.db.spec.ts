import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type AppConfig, ConfigStore } from '@app/config';
import { aManagementServer, type ManagementServer } from '../testing.js';

let server: ManagementServer;

beforeAll(async () => {
  server = await aManagementServer();
}, 60_000);
afterAll(() => server.close());

describe('POST /user/bulk_update', () => {
  interface Bulk {
    readonly results: { user_id: string; success: boolean; error: string | null }[];
  }

  test('changes each user for itself', async () => {
    for (const user_id of ['bulk-1', 'bulk-2'])
      await server.ok('POST /user/new', { user_id, auto_create_key: false });
    const users = [
      { user_id: 'bulk-1', max_budget: 7 },
      { max_budget: 7 },
      { user_id: 'bulk-2', password: 'x' },
      { user_id: 'bulk-2', rpm_limit: 3 },
    ];
    const body = await server.ok('POST /user/bulk_update', { users });
    expect(body).toMatchObject({ total_requested: 4, successful_updates: 2, failed_updates: 2 });
    const { results } = body as unknown as Bulk;
    expect(results.map(({ success }) => success)).toEqual([true, false, false, true]);
    expect(results[2]?.error).toContain('password');
    const info = await server.ok('GET /user/info?user_id=bulk-1');
    expect(info['user_info']).toMatchObject({ max_budget: 7 });
  });

  test('changes all of them alike', async () => {
    const body = await server.ok('POST /user/bulk_update', {
      all_users: true,
      user_updates: { tpm_limit: 99 },
    });
    expect(body).toMatchObject({ failed_updates: 0 });
    const list = await server.ok('GET /user/list?page_size=100');
    expect((list['users'] as { tpm_limit: number }[]).every((user) => user.tpm_limit === 99)).toBe(true);
    expect(list['total']).toBe(body['total_requested']);
  });

  test.each([
    [{}],
    [{ users: [] }],
    [{ users: ['ada'] }],
    [{ all_users: true }],
    [{ users: [{ user_id: 'bulk-1' }], all_users: true }],
    [{ all_users: true, user_updates: { user_id: 'bulk-1' } }],
    [{ users: Array.from({ length: 501 }, () => ({})) }],
  ])('refuses %#', async (body) => {
    expect((await server.send('POST /user/bulk_update', { body })).status).toBe(400);
  });
});

describe('a search by a part of the address', () => {
  const search = async (page: number) => {
    const list = await server.ok(
      `GET /user/list?user_email=100%25_ok@&sort_by=user_id&page_size=2&page=${page}`,
    );
    const users = list['users'] as { user_id: string }[];
    return [users.map(({ user_id }) => user_id), list['total'], list['total_pages']];
  };

  test('is paged and counted, beyond its end too, and takes every character as it is', async () => {
    expect(await search(1)).toEqual([[], 0, 0]);
    for (const [index, mark] of ['100%_OK', '100%_ok', 'x100%_ok', '100-%ok', '100xx_ok'].entries()) {
      const user_email = `${mark}@${index}.example.org`;
      await server.ok('POST /user/new', { user_id: `sought-${index}`, user_email, auto_create_key: false });
    }
    expect(await search(1)).toEqual([['sought-0', 'sought-1'], 3, 2]);
    expect(await search(2)).toEqual([['sought-2'], 3, 2]);
    expect(await search(3)).toEqual([[], 3, 2]);
  });
});

describe('the defaults of the configuration', () => {
  const under = (litellm: Partial<AppConfig['litellm']>) => {
    const store = server.app.get(ConfigStore);
    const { current } = store;
    return jest
      .spyOn(store, 'current', 'get')
      .mockReturnValue({ ...current, litellm: { ...current.litellm, ...litellm } });
  };

  test('fill in what a new user lacks, but not an administrator', async () => {
    const spy = under({ userDefaults: { max_budget: '2', models: ['gpt-4'], user_role: 'internal_user' } });
    const made = await server.ok('POST /user/new', { models: ['own'], auto_create_key: false });
    expect(made).toMatchObject({ max_budget: 2, models: ['own'], user_role: 'internal_user' });
    const admin = await server.ok('POST /user/new', { user_role: 'proxy_admin', auto_create_key: false });
    expect(admin).toMatchObject({ max_budget: null, models: [] });
    spy.mockRestore();
  });

  test('fill in what a new team lacks', async () => {
    const spy = under({ teamDefaults: { max_budget: '9', rpm_limit: 4 } });
    const made = await server.ok('POST /team/new', { team_id: 'by-default', rpm_limit: 8 });
    expect(made).toMatchObject({ max_budget: 9, rpm_limit: 8 });
    spy.mockRestore();
  });
});
