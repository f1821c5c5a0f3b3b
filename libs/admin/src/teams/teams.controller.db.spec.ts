import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aManagementServer, type ManagementServer } from '../testing.js';

let server: ManagementServer;

beforeAll(async () => {
  server = await aManagementServer();
}, 60_000);
afterAll(() => server.close());

interface Member {
  readonly user_id: string;
  readonly role: string;
}
const membersOf = (team: Record<string, unknown>): string[] =>
  (team['members_with_roles'] as Member[]).map(({ user_id, role }) => `${user_id}:${role}`);

describe('POST /team/new', () => {
  test('makes a team with its maker as administrator and members who did not exist', async () => {
    const team = await server.ok('POST /team/new', {
      team_id: 'red',
      team_alias: 'Red',
      models: ['gpt-4'],
      model_aliases: { fast: 'gpt-4' },
      max_budget: 10,
      soft_budget: 8,
      budget_duration: '7d',
      tpm_limit: 1000,
      members_with_roles: [
        { role: 'admin', user_id: 'ann' },
        { role: 'user', user_email: 'ben@example.org' },
      ],
      tags: ['a'],
      team_member_budget: 1.5,
    });
    expect(team).toMatchObject({
      team_id: 'red',
      team_alias: 'Red',
      models: ['gpt-4'],
      max_budget: 10,
      soft_budget: 8,
      tpm_limit: 1000,
      spend: 0,
      blocked: false,
      metadata: { tags: ['a'] },
      litellm_model_table: { model_aliases: { fast: 'gpt-4' } },
      team_member_budget: 1.5,
    });
    expect(membersOf(team).slice(0, 1)).toEqual(['ann:admin']);
    expect(membersOf(team)).toHaveLength(3);
    expect(membersOf(team)).toContain('default_user_id:admin');
    expect(new Date(String(team['budget_reset_at'])).getUTCDay()).toBe(1);
    expect((await server.ok('GET /user/info?user_id=ann'))['user_info']).toMatchObject({ teams: ['red'] });
  });

  test.each([
    [{ team_id: 'red' }, 'team_id'],
    [{ organization_id: 'nowhere' }, 'organization_id'],
    [{ max_budget: 1, soft_budget: 1 }, 'soft_budget'],
    [{ members_with_roles: [{ role: 'owner', user_id: 'x' }] }, 'members_with_roles'],
    [{ members_with_roles: [{ role: 'user' }] }, 'members_with_roles'],
    [{ members_with_roles: [{ role: 'user', user_id: 'x', spend: 1 }] }, 'members_with_roles'],
    [{ guardrails: ['x'] }, 'guardrails'],
    [{ team_member_budget_duration: '0h' }, 'team_member_budget_duration'],
  ])('refuses %j by name', async (body, param) => {
    const { status, body: answer } = await server.send('POST /team/new', { body });
    expect([status, answer.error?.param]).toEqual([400, param]);
  });
});

describe('POST /team/update', () => {
  test('changes what is named, and null takes a limit away', async () => {
    const { team_id, data } = await server.ok('POST /team/update', {
      team_id: 'red',
      max_budget: null,
      rpm_limit: 7,
    });
    expect([team_id, data]).toEqual([
      'red',
      expect.objectContaining({ max_budget: null, rpm_limit: 7, tpm_limit: 1000 }),
    ]);
  });

  test('answers 404 for a team that does not exist', async () => {
    expect((await server.send('POST /team/update', { body: { team_id: 'none' } })).status).toBe(404);
    expect((await server.send('GET /team/info?team_id=none')).status).toBe(404);
    expect((await server.send('POST /team/block', { body: { team_id: 'none' } })).status).toBe(404);
  });

  test('adds models and takes them away, but never the last one', async () => {
    expect(await server.ok('POST /team/model/add', { team_id: 'red', models: ['tts-1'] })).toMatchObject({
      models: ['gpt-4', 'tts-1'],
    });
    expect(await server.ok('POST /team/model/delete', { team_id: 'red', models: ['gpt-4'] })).toMatchObject({
      models: ['tts-1'],
    });
    expect(
      (await server.send('POST /team/model/delete', { body: { team_id: 'red', models: ['tts-1'] } })).status,
    ).toBe(400);
  });

  test('blocks the keys of the team with the next request, and lets them in again', async () => {
    const { key } = await server.ok('POST /key/generate', { team_id: 'red' });
    const ask = async (): Promise<number> =>
      (await server.send('GET /key/info', { key: String(key) })).status;
    expect(await ask()).toBe(200);
    expect(await server.ok('POST /team/block', { team_id: 'red' })).toMatchObject({ blocked: true });
    expect(await ask()).toBe(401);
    expect(await server.ok('POST /team/unblock', { team_id: 'red' })).toMatchObject({ blocked: false });
    expect(await ask()).toBe(200);
  });
});

describe('members', () => {
  test('are added one by one or as a list, and users who do not exist are made', async () => {
    const added = await server.ok('POST /team/member_add', {
      team_id: 'red',
      member: { role: 'user', user_id: 'cat' },
      max_budget_in_team: 3,
    });
    expect(membersOf(added)).toContain('cat:user');
    expect(added['updated_users']).toEqual([expect.objectContaining({ user_id: 'cat', teams: ['red'] })]);
    expect(added['updated_team_memberships']).toEqual([
      expect.objectContaining({
        user_id: 'cat',
        litellm_budget_table: expect.objectContaining({ max_budget: 3 }),
      }),
    ]);
    const more = [
      { role: 'user', user_id: 'cat' },
      { user_id: 'dan' },
      { role: 'admin', user_email: 'eve@example.org' },
    ];
    const all = await server.ok('POST /team/member_add', { team_id: 'red', member: more });
    expect(all['updated_users']).toHaveLength(2);
  });

  test('who are all in the team already are refused', async () => {
    for (const member of [{ user_id: 'cat' }, [{ user_id: 'cat' }, { user_id: 'dan' }]]) {
      const { status, body } = await server.send('POST /team/member_add', {
        body: { team_id: 'red', member },
      });
      expect([status, body.error?.type]).toEqual([400, 'team_member_already_in_team']);
    }
  });

  test('get another role and limits', async () => {
    const updated = await server.ok('POST /team/member_update', {
      team_id: 'red',
      user_id: 'cat',
      role: 'admin',
      max_budget_in_team: 4,
      rpm_limit: 9,
    });
    expect(updated).toEqual({
      team_id: 'red',
      user_id: 'cat',
      user_email: null,
      max_budget_in_team: 4,
      tpm_limit: null,
      rpm_limit: 9,
    });
    const info = await server.ok('GET /team/info?team_id=red');
    expect(membersOf(info['team_info'] as Record<string, unknown>)).toContain('cat:admin');
  });

  test('leave with the keys that they have in the team, and only those', async () => {
    const inTeam = await server.ok('POST /key/generate', { team_id: 'red', user_id: 'dan' });
    const personal = await server.ok('POST /key/generate', { user_id: 'dan' });
    const left = await server.ok('POST /team/member_delete', { team_id: 'red', user_id: 'dan' });
    expect(membersOf(left)).not.toContain('dan:user');
    expect((await server.send('GET /key/info', { key: String(inTeam['key']) })).status).toBe(401);
    expect((await server.send('GET /key/info', { key: String(personal['key']) })).status).toBe(200);
    expect(
      (await server.send('POST /team/member_delete', { body: { team_id: 'red', user_id: 'dan' } })).status,
    ).toBe(400);
  });

  test('are named by e-mail address too', async () => {
    const left = await server.ok('POST /team/member_delete', {
      team_id: 'red',
      user_email: 'EVE@example.org',
    });
    expect(membersOf(left)).not.toContain('eve:admin');
  });
});

describe('POST /team/delete', () => {
  test('takes keys and memberships along', async () => {
    await server.ok('POST /team/new', { team_id: 'gone', members_with_roles: [{ user_id: 'ann' }] });
    const { key } = await server.ok('POST /key/generate', { team_id: 'gone' });
    expect(await server.ok('POST /team/delete', { team_ids: ['gone'] })).toEqual({ deleted_teams: ['gone'] });
    expect((await server.send('GET /key/info', { key: String(key) })).status).toBe(401);
    expect((await server.ok('GET /user/info?user_id=ann'))['user_info']).toMatchObject({ teams: ['red'] });
  });

  test('deletes nothing where one team does not exist', async () => {
    expect((await server.send('POST /team/delete', { body: { team_ids: ['red', 'none'] } })).status).toBe(
      404,
    );
    expect((await server.send('GET /team/info?team_id=red')).status).toBe(200);
  });
});

describe('lists of teams', () => {
  test('hold memberships and keys, all of them or by user', async () => {
    await server.ok('POST /team/new', { team_id: 'blue', team_alias: 'Blue whales' });
    const all = (await server.ok('GET /team/list')) as unknown as { team_id: string; keys: object[] }[];
    expect(all.map(({ team_id }) => team_id).sort()).toEqual(['blue', 'red']);
    expect(all.find(({ team_id }) => team_id === 'red')?.keys).toHaveLength(1);
    const anns = (await server.ok('GET /team/list?user_id=ann')) as unknown as { team_id: string }[];
    expect(anns.map(({ team_id }) => team_id)).toEqual(['red']);
  });

  test('come in pages, filtered and sorted', async () => {
    const page = await server.ok('GET /v2/team/list?page_size=1&sort_by=team_alias&sort_order=asc');
    expect(page).toMatchObject({
      total: 2,
      page: 1,
      page_size: 1,
      total_pages: 2,
      teams: [{ team_id: 'blue' }],
    });
    expect(await server.ok('GET /v2/team/list?team_alias=WHALE')).toMatchObject({ total: 1 });
  });

  test('say what members may be permitted, and permit it', async () => {
    const permissions = { team_id: 'red', team_member_permissions: ['/key/generate'] };
    expect(await server.ok('POST /team/permissions_update', permissions)).toMatchObject(permissions);
    expect(await server.ok('GET /team/permissions_list?team_id=red')).toMatchObject({
      ...permissions,
      all_available_permissions: expect.arrayContaining(['/key/generate', '/key/info']),
    });
  });
});

test('models that are added to a team at the same time are all there afterwards', async () => {
  await server.ok('POST /team/new', { team_id: 'busy', models: ['a'] });
  const added = ['b', 'c', 'd', 'e'];
  await Promise.all(
    added.map((model) => server.ok('POST /team/model/add', { team_id: 'busy', models: [model] })),
  );
  const { team_info } = await server.ok('GET /team/info?team_id=busy');
  expect((team_info as { models: string[] }).models.toSorted()).toEqual(['a', ...added]);
});
