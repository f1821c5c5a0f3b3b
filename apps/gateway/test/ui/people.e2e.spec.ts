import { beforeAll, describe, expect } from '@jest/globals';
import { until } from '../harness.ts';
import { suite, test } from '../harness/suite.ts';
import { type Shown, Visitor } from './browsing.ts';

const parts = suite();
let admin: Visitor;

beforeAll(async () => {
  admin = await Visitor.signedIn(parts.gateway);
});

/** Posts a form that is taken, and opens the page that the browser is sent to. */
async function done(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Shown> {
  const answer = await admin.post(path, fields);
  expect({ path, status: answer.status, text: answer.status === 303 ? '' : answer.text }).toEqual({
    path,
    status: 303,
    text: '',
  });
  const page = await admin.get(String(answer.headers['location']));
  expect(page.status).toBe(200);
  return page;
}

/** Posts a form that is refused; it comes again with a message at each of the fields. */
async function refused(
  path: string,
  fields: Readonly<Record<string, string>>,
  at: readonly string[],
): Promise<Shown> {
  const page = await admin.post(path, fields);
  expect({ path, status: page.status }).toEqual({ path, status: 422 });
  for (const id of at) expect(page.text).toContain(`id="${id}-e"`);
  return page;
}

describe('a user', () => {
  test('is added, found, edited, blocked, unblocked and deleted with all keys', async () => {
    const made = await done('/ui/users/new', {
      user_id: 'ada',
      user_alias: 'Ada',
      user_email: 'ada@example.org',
      user_role: 'internal_user',
      models: 'gpt-4',
      budget: '5',
      period: '1mo',
      rpm: '60',
      tags: 'lab, chat',
      metadata: '{"floor": 3}',
    });
    for (const text of ['Ada', '$5.00 left', '60 left', 'lab, chat', '{&quot;floor&quot;:3}', 'gpt-4'])
      expect(made.text).toContain(text);
    expect((await admin.get('/ui/users?q=ada%40ex&role=internal_user')).text).toContain(
      'href="/ui/users/ada"',
    );
    expect((await admin.get('/ui/users?q=ada&state=blocked')).text).toContain('No user matches');
    const key = await parts.gateway.key({ user_id: 'ada' });
    expect((await parts.gateway.chat({}, { key })).status).toBe(200);

    const form = await admin.get('/ui/users/ada/edit');
    expect(form.text).toContain('value="5"');
    const edited = await done('/ui/users/ada/edit', {
      user_alias: 'Ada L.',
      user_email: 'ada@example.org',
      user_role: 'internal_user',
      budget: '',
      period: '1mo',
      rpm: '',
    });
    expect(edited.text).toContain('Ada L.');
    expect(edited.text).not.toContain('60 left');
    expect(edited.text).not.toContain('$5.00 left');

    await done('/ui/users/ada/block', { blocked: 'true' });
    await until(
      'the user is blocked',
      async () =>
        (await parts.gateway.chat({}, { key })).status === 403 ||
        (await parts.gateway.chat({}, { key })).status === 401,
    );
    expect((await admin.get('/ui/users?state=blocked')).text).toContain('href="/ui/users/ada"');
    await done('/ui/users/ada/block', { blocked: 'false' });
    await until('the user works again', async () => (await parts.gateway.chat({}, { key })).status === 200);

    expect((await admin.get('/ui/users/ada/delete')).text).toContain('Delete the user Ada L.?');
    await done('/ui/users/ada/delete');
    expect((await admin.get('/ui/users/ada')).status).toBe(404);
    expect((await parts.gateway.chat({}, { key })).status).toBe(401);
  });

  test('with mistakes is refused at their fields, with what was typed', async () => {
    const wrong = { user_alias: 'Eve', user_role: 'boss', budget: '5 €', rpm: 'many', metadata: 'x' };
    const page = await refused('/ui/users/new', wrong, ['user_role', 'budget', 'rpm', 'metadata']);
    expect(page.text).toContain('value="5 €"');
    expect(page.text).toContain('The user was not added.');
    await done('/ui/users/new', { user_id: 'twice', user_role: 'internal_user' });
    await refused('/ui/users/new', { user_id: 'twice', user_role: 'internal_user' }, ['user_id']);
  });

  test('that is not there has no page, and is not made by a form for it', async () => {
    for (const path of ['', '/edit', '/delete'])
      expect((await admin.get(`/ui/users/nobody${path}`)).status).toBe(404);
    for (const path of ['/edit', '/block', '/delete'])
      expect((await admin.post(`/ui/users/nobody${path}`, { user_alias: 'x' })).status).toBe(404);
    expect(await parts.database.query("SELECT FROM users WHERE user_id = 'nobody'")).toEqual([]);
  });
});

describe('a team', () => {
  test('is added with members, who get roles and budgets of their own, and leave again', async () => {
    const made = await done('/ui/teams/new', {
      team_id: 'red',
      team_alias: 'Red',
      members: 'ann, ben@example.org',
      budget: '25',
      period: '1mo',
      member_budget: '5',
      member_period: '7d',
    });
    for (const text of ['$25.00 left', 'ben@example.org', 'of $5.00 a week'])
      expect(made.text).toContain(text);
    const changed = await done('/ui/teams/red/members/ann/edit', {
      role: 'admin',
      max_budget_in_team: '10',
      rpm: '30',
    });
    for (const text of ['Team admin', 'of $10.00', '30 requests a minute'])
      expect(changed.text).toContain(text);
    const added = await done('/ui/teams/red/members/new', { member: 'cleo', role: 'user', rpm: '3' });
    expect(added.text).toContain('3 requests a minute');
    await refused('/ui/teams/red/members/new', { member: '', role: 'user' }, ['member']);
    await refused('/ui/teams/red/members/new', { member: 'cleo', role: 'user' }, ['member']);

    const key = await parts.gateway.key({ team_id: 'red', user_id: 'cleo' });
    expect((await admin.get('/ui/teams/red')).text).toContain('cleo');
    await done('/ui/teams/red/members/cleo/remove');
    expect((await parts.gateway.chat({}, { key })).status).toBe(401);
    expect((await admin.get('/ui/teams/red/members/cleo/edit')).status).toBe(404);
  });

  test('is edited, blocked and deleted with its keys', async () => {
    await done('/ui/teams/new', { team_id: 'blue', team_alias: 'Blue', period: '1mo', member_period: '1mo' });
    const edited = await done('/ui/teams/blue/edit', {
      team_alias: 'Blue',
      more_models: 'gpt-4',
      permissions: '/key/generate',
      model_aliases: '{"fast": "gpt-4"}',
    });
    for (const text of ['/key/generate', 'fast is gpt-4']) expect(edited.text).toContain(text);
    const key = await parts.gateway.key({ team_id: 'blue' });
    await done('/ui/teams/blue/block', { blocked: 'true' });
    await until('the team is blocked', async () => (await parts.gateway.chat({}, { key })).status !== 200);
    expect((await admin.get('/ui/teams?state=blocked')).text).toContain('href="/ui/teams/blue"');
    await done('/ui/teams/blue/delete');
    expect((await parts.gateway.chat({}, { key })).status).toBe(401);
  });
});

describe('a customer', () => {
  test('is given a shared budget, then limits of his own, and blocked without being known before', async () => {
    await done('/ui/budgets/new', {
      budget_id: 'guests',
      budget: '1',
      soft_budget: '0.8',
      period: '7d',
      rpm: '20',
    });
    const made = await done('/ui/customers/new', { user_id: 'guest', alias: 'Guest', budget_id: 'guests' });
    for (const text of ['$1.00 left', '20 left', 'href="/ui/budgets/guests"'])
      expect(made.text).toContain(text);
    await refused('/ui/customers/guest/edit', { budget_id: 'nothing-like-that' }, ['budget_id']);
    const own = await done('/ui/customers/guest/edit', { alias: 'Guest', budget: '3', period: '1mo' });
    for (const text of ['$3.00 left', 'His own']) expect(own.text).toContain(text);
    const shared = await done('/ui/customers/guest/edit', {
      alias: 'Guest',
      budget_id: 'guests',
      period: '1mo',
    });
    expect(shared.text).toContain('$1.00 left');

    const key = await parts.gateway.key();
    expect((await admin.get('/ui/customers/stranger')).text).toContain('Not known by name');
    await done('/ui/customers/stranger/block', { blocked: 'true' });
    await until(
      'the stranger is blocked',
      async () => (await parts.gateway.chat({ user: 'stranger' }, { key })).status === 403,
    );
    await done('/ui/customers/stranger/delete');
    expect((await admin.get('/ui/customers?q=stranger')).text).toContain('href="/ui/customers/stranger"');
  });
});

describe('a budget', () => {
  test('is changed for all that it binds, and kept while it binds somebody', async () => {
    await done('/ui/budgets/new', { budget_id: 'bound', budget: '2', period: '' });
    await done('/ui/customers/new', { user_id: 'tied', budget_id: 'bound' });
    const edited = await done('/ui/budgets/bound/edit', { budget: '4', period: '1d' });
    expect(edited.text).toContain('$4.00 a day');
    expect((await admin.get('/ui/customers/tied')).text).toContain('$4.00 left');
    const kept = await admin.post('/ui/budgets/bound/delete', {});
    expect(kept.status).toBe(422);
    expect(kept.text).toContain('still binds');
    await done('/ui/customers/tied/delete');
    await done('/ui/budgets/bound/delete');
    await refused('/ui/budgets/new', { budget_id: 'guests', budget: '-1' }, ['budget']);
  });
});

describe('names that others chose', () => {
  const HOSTILE = [
    '"><img src=x onerror=alert(1)>',
    "a/b?c#d%'",
    '..',
    'new',
    'x\\y',
    '{{constructor}}',
    '\u202eevil 😀',
  ];
  const markup = (html: string): string => html.replace(/"[^"]*"/g, '""').replace(/>[^<]*</g, '><');

  test('stay text, and their pages can be opened', async () => {
    for (const name of HOSTILE) {
      const id = `~${Buffer.from(name).toString('base64url')}`;
      const search = encodeURIComponent(name);
      const pages = [
        await done('/ui/users/new', { user_id: name, user_role: 'internal_user', tags: name }),
        await done('/ui/teams/new', { team_id: name, team_alias: name, members: 'ann' }),
        await done('/ui/customers/new', { user_id: name, alias: name }),
        await done('/ui/budgets/new', { budget_id: name }),
      ];
      for (const kind of ['users', 'teams', 'customers', 'budgets']) {
        pages.push(await admin.get(`/ui/${kind}`), await admin.get(`/ui/${kind}/${id}/edit`));
        pages.push(await admin.get(`/ui/${kind}/${id}/delete`), await admin.get(`/ui/${kind}?q=${search}`));
      }
      for (const page of pages) {
        expect(page.status).toBe(200);
        expect(markup(page.text)).not.toMatch(/<img|onerror|<script(?! src="")/);
      }
    }
  });
});
