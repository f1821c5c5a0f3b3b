import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aManagementServer, type ManagementServer } from '../testing.js';

let server: ManagementServer;

beforeAll(async () => {
  server = await aManagementServer();
}, 60_000);
afterAll(() => server.close());

describe('an organization', () => {
  test('always has a budget, and shows its teams and members', async () => {
    const made = await server.ok('POST /organization/new', {
      organization_id: 'acme',
      organization_alias: 'Acme',
      models: ['gpt-4'],
      max_budget: 100,
      metadata: { floor: 1 },
    });
    expect(made).toMatchObject({
      organization_id: 'acme',
      budget_id: expect.any(String),
      spend: 0,
      litellm_budget_table: { max_budget: 100 },
    });
    await server.ok('POST /team/new', { team_id: 'acme-red', organization_id: 'acme' });
    const added = await server.ok('POST /organization/member_add', {
      organization_id: 'acme',
      member: { role: 'org_admin', user_id: 'olga' },
    });
    expect(added).toMatchObject({
      organization_id: 'acme',
      updated_users: [{ user_id: 'olga' }],
      updated_organization_memberships: [{ user_id: 'olga', user_role: 'org_admin' }],
    });
    expect(await server.ok('GET /organization/info?organization_id=acme')).toMatchObject({
      models: ['gpt-4'],
      members: [{ user_id: 'olga' }],
      teams: [{ team_id: 'acme-red' }],
      users: [{ user_id: 'olga' }],
    });
  });

  test('may share its name, but not its id', async () => {
    await server.ok('POST /organization/new', { organization_alias: 'Acme' });
    expect(await server.ok('GET /organization/list')).toHaveLength(2);
    const again = { organization_id: 'acme', organization_alias: 'Acme' };
    expect((await server.send('POST /organization/new', { body: again })).status).toBe(400);
    expect((await server.send('POST /organization/new', { body: {} })).status).toBe(400);
    const unlimited = { organization_alias: 'x', budget_id: 'none' };
    expect((await server.send('POST /organization/new', { body: unlimited })).status).toBe(400);
  });

  test('is changed in what is named', async () => {
    const changed = await server.ok('PATCH /organization/update', {
      organization_id: 'acme',
      max_budget: 50,
      models: [],
    });
    expect(changed).toMatchObject({
      organization_alias: 'Acme',
      models: [],
      litellm_budget_table: { max_budget: 50 },
    });
    expect(
      (await server.send('PATCH /organization/update', { body: { organization_id: 'none' } })).status,
    ).toBe(404);
  });

  test('is managed by its administrators as far as members go', async () => {
    const { key } = await server.ok('POST /key/generate', { user_id: 'olga' });
    const asOlga = (request: string, body?: unknown) => server.ok(request, body, String(key));
    await asOlga('POST /organization/member_add', { organization_id: 'acme', member: [{ user_id: 'otto' }] });
    expect(
      await asOlga('PATCH /organization/member_update', {
        organization_id: 'acme',
        user_id: 'otto',
        role: 'internal_user_viewer',
      }),
    ).toMatchObject({ user_role: 'internal_user_viewer' });
    expect(await asOlga('GET /organization/list')).toMatchObject([
      { organization_id: 'acme', teams: [{ team_id: 'acme-red' }] },
    ]);
    const { key: ottos } = await server.ok('POST /key/generate', { user_id: 'otto' });
    expect(
      await server.ok('GET /organization/info?organization_id=acme', undefined, String(ottos)),
    ).toMatchObject({
      members: [{ user_id: 'otto' }],
      teams: [],
    });
    const escalation = { organization_id: 'acme', user_id: 'otto', role: 'org_admin' };
    expect(
      (await server.send('PATCH /organization/member_update', { key: String(ottos), body: escalation }))
        .status,
    ).toBe(403);
    await asOlga('DELETE /organization/member_delete', { organization_id: 'acme', user_id: 'otto' });
    expect(
      (await server.send('GET /organization/info?organization_id=acme', { key: String(ottos) })).status,
    ).toBe(403);
  });

  test('stays while it has teams, then goes with its budget and memberships', async () => {
    const body = { organization_ids: ['acme'] };
    expect((await server.send('DELETE /organization/delete', { body })).status).toBe(400);
    await server.ok('POST /team/delete', { team_ids: ['acme-red'] });
    expect(await server.ok('DELETE /organization/delete', body)).toMatchObject([{ organization_id: 'acme' }]);
    expect(await server.database.query('SELECT 1 FROM organization_members')).toEqual([]);
    expect(await server.database.query('SELECT 1 FROM budgets')).toHaveLength(1);
    expect((await server.send('DELETE /organization/delete', { body })).status).toBe(404);
  });

  test('stays while it has a key, which nothing would bind any more', async () => {
    await server.ok('POST /organization/new', { organization_id: 'bound', organization_alias: 'Bound' });
    const { key } = await server.ok('POST /key/generate', { organization_id: 'bound' });
    const body = { organization_ids: ['bound'] };
    expect(await server.send('DELETE /organization/delete', { body })).toMatchObject({
      status: 400,
      body: { error: { param: 'organization_ids' } },
    });
    await server.ok('POST /key/delete', { keys: [key] });
    await server.ok('DELETE /organization/delete', body);
  });

  test('that shares its budget changes it for all: every one of them is told of', async () => {
    await server.ok('POST /budget/new', { budget_id: 'shared', max_budget: 5 });
    for (const id of ['one', 'other']) {
      const body = { organization_id: id, organization_alias: id, budget_id: 'shared' };
      await server.ok('POST /organization/new', body);
    }
    await server.ok('PATCH /organization/update', { organization_id: 'one', max_budget: 1 });
    const told = await server.database.query<{ scope: string }>(
      'SELECT scope FROM principal_changes WHERE epoch = (SELECT max(epoch) FROM principal_changes)',
    );
    expect(told.map(({ scope }) => scope).toSorted()).toEqual([
      'budget:shared',
      'organization:one',
      'organization:other',
    ]);
  });

  test('leaves its whole story in the audit log', async () => {
    const rows = await server.database.query<{ action: string }>(
      `SELECT action FROM audit_log WHERE entity_id = 'acme' ORDER BY id`,
    );
    expect(rows.map(({ action }) => action)).toEqual([
      'organization.created',
      'organization.member_added',
      'organization.updated',
      'organization.member_added',
      'organization.member_updated',
      'organization.member_deleted',
      'organization.deleted',
    ]);
  });
});
