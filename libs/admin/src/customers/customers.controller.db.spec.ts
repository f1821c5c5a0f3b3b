import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EndUserReader } from '@app/users';
import { aManagementServer, type ManagementServer } from '../testing.js';

let server: ManagementServer;

beforeAll(async () => {
  server = await aManagementServer();
}, 60_000);
afterAll(() => server.close());

const refused = async (request: string, body: unknown): Promise<[number, string | undefined]> => {
  const answer = await server.send(request, { body });
  return [answer.status, answer.body.error?.param];
};

describe.each(['customer', 'end_user'])('/%s', (path) => {
  const id = `${path}-1`;

  test('makes, shows, changes and deletes an end user', async () => {
    expect(
      await server.ok(`POST /${path}/new`, { user_id: id, alias: 'One', max_budget: 2, rpm_limit: 5 }),
    ).toMatchObject({
      user_id: id,
      alias: 'One',
      spend: 0,
      blocked: false,
      budget_id: expect.any(String),
      litellm_budget_table: { max_budget: 2, rpm_limit: 5 },
    });
    expect(await server.ok(`GET /${path}/info?end_user_id=${id}`)).toMatchObject({ alias: 'One' });
    expect(await server.ok(`POST /${path}/update`, { user_id: id, max_budget: 3 })).toMatchObject({
      litellm_budget_table: { max_budget: 3, rpm_limit: 5 },
    });
    expect(await server.ok(`GET /${path}/list`)).toEqual([expect.objectContaining({ user_id: id })]);
    expect(await server.ok(`POST /${path}/delete`, { user_ids: [id] })).toMatchObject({
      deleted_customers: 1,
    });
    expect((await server.send(`GET /${path}/info?end_user_id=${id}`)).status).toBe(404);
    expect(await server.database.query('SELECT 1 FROM budgets')).toEqual([]);
  });
});

describe('a customer', () => {
  test('is refused where it exists, has two budgets or one that does not exist', async () => {
    await server.ok('POST /customer/new', { user_id: 'twice' });
    expect(await refused('POST /customer/new', { user_id: 'twice' })).toEqual([400, 'user_id']);
    expect(await refused('POST /customer/new', { user_id: 'x', budget_id: 'b', max_budget: 1 })).toEqual([
      400,
      'budget_id',
    ]);
    expect(await refused('POST /customer/new', { user_id: 'x', budget_id: 'none' })).toEqual([
      400,
      'budget_id',
    ]);
    expect(await refused('POST /customer/new', {})).toEqual([400, 'user_id']);
    expect(await refused('POST /customer/new', { user_id: 'x', default_model: 'gpt-4' })).toEqual([
      400,
      'default_model',
    ]);
    expect(await refused('POST /customer/update', { user_id: 'nobody' })).toEqual([404, 'end_user_id']);
    expect(await refused('POST /customer/delete', { user_ids: ['twice', 'nobody'] })).toEqual([
      404,
      'end_user_id',
    ]);
    expect(await refused('POST /customer/block', { user_ids: [] })).toEqual([400, 'user_ids']);
  });

  test('can be blocked before it ever called, and calls for it are refused at once', async () => {
    const reader = server.app.get(EndUserReader);
    expect(await reader.rulesOf('rude')).toEqual([]);
    expect(await server.ok('POST /customer/block', { user_ids: ['rude', 'ruder'] })).toMatchObject({
      blocked_users: [
        { user_id: 'rude', blocked: true },
        { user_id: 'ruder', blocked: true },
      ],
    });
    await expect(async () => reader.rulesOf('rude')).rejects.toThrow('User blocked');
    await server.ok('POST /customer/unblock', { user_ids: ['rude'] });
    expect(await reader.rulesOf('rude')).toEqual([]);
  });

  test('is bound by its budget, and by what the budget becomes', async () => {
    const reader = server.app.get(EndUserReader);
    await server.ok('POST /budget/new', { budget_id: 'small', max_budget: 1, tpm_limit: 100 });
    await server.ok('POST /customer/new', { user_id: 'bound', budget_id: 'small' });
    expect(await reader.rulesOf('bound')).toEqual([
      expect.objectContaining({
        scope: 'end_user:bound',
        maxBudgetPicoUsd: 1_000_000_000_000n,
        tokensPerMinute: 100,
      }),
    ]);
    await server.ok('POST /budget/update', { budget_id: 'small', max_budget: 2, tpm_limit: null });
    expect(await reader.rulesOf('bound')).toEqual([
      expect.objectContaining({ maxBudgetPicoUsd: 2_000_000_000_000n, tokensPerMinute: null }),
    ]);
    await server.ok('POST /customer/update', { user_id: 'bound', budget_id: null });
    expect(await reader.rulesOf('bound')).toEqual([]);
  });
});

describe('a budget', () => {
  test('is made, shown, described, changed and deleted', async () => {
    const before = Date.now();
    const made = await server.ok('POST /budget/new', {
      budget_id: 'big',
      max_budget: 10,
      budget_duration: '1d',
      soft_budget: 5,
    });
    expect(made).toMatchObject({
      budget_id: 'big',
      max_budget: 10,
      soft_budget: 5,
      created_by: 'default_user_id',
    });
    // Not on the calendar: a day after it was made.
    expect(Math.abs(Date.parse(String(made['budget_reset_at'])) - before - 86_400_000)).toBeLessThan(3_000);
    expect(await server.ok('POST /budget/info', { budgets: ['big', 'none'] })).toEqual([
      expect.objectContaining({ budget_id: 'big' }),
    ]);
    expect(await server.ok('GET /budget/list')).toContainEqual(expect.objectContaining({ budget_id: 'big' }));
    expect(await server.ok('GET /budget/settings?budget_id=big')).toContainEqual(
      expect.objectContaining({ field_name: 'max_budget', field_value: 10, stored_in_db: true }),
    );
    expect(await server.ok('POST /budget/update', { budget_id: 'big', max_budget: null })).toMatchObject({
      max_budget: null,
      soft_budget: 5,
    });
    expect(await server.ok('POST /budget/delete', { id: 'big' })).toMatchObject({ budget_id: 'big' });
    expect(await refused('POST /budget/update', { budget_id: 'big' })).toEqual([404, 'budget_id']);
  });

  test('ends its running window when it was told to', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    expect(await server.ok('POST /budget/new', { budget_duration: '1d', budget_reset_at: at })).toMatchObject(
      { budget_reset_at: at },
    );
    expect(await refused('POST /budget/new', { budget_reset_at: at })).toEqual([400, 'budget_reset_at']);
    expect(await refused('POST /budget/new', { budget_duration: '1d', budget_reset_at: 'soon' })).toEqual([
      400,
      'budget_reset_at',
    ]);
  });

  test('stays while it binds somebody, so that nobody is set free by mistake', async () => {
    await server.ok('POST /budget/new', { budget_id: 'held', max_budget: 1 });
    await server.ok('POST /customer/new', { user_id: 'holder', budget_id: 'held' });
    expect(await refused('POST /budget/delete', { id: 'held' })).toEqual([400, 'id']);
    await server.ok('POST /customer/delete', { user_ids: ['holder'] });
    const { key } = await server.ok('POST /key/generate', { budget_id: 'held' });
    expect(await refused('POST /budget/delete', { id: 'held' })).toEqual([400, 'id']);
    await server.ok('POST /key/update', { key, budget_id: null });
    await server.ok('POST /budget/delete', { id: 'held' });
  });

  test('is not made twice', async () => {
    await server.ok('POST /budget/new', { budget_id: 'once' });
    expect(await refused('POST /budget/new', { budget_id: 'once' })).toEqual([400, 'budget_id']);
  });
});
