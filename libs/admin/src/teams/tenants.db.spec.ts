import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aManagementServer, type ManagementAnswer, type ManagementServer } from '../testing.js';

/** Everything of the second tenant carries this word. */
const MARK = 'zebra';

let server: ManagementServer;
const keys = new Map<string, string>();
const keyOf = (name: string): string => keys.get(name) ?? '';

/** Two tenants: ours with an administrator, a member and a viewer; theirs with a mark on everything. */
beforeAll(async () => {
  server = await aManagementServer();
  const user = async (user_id: string, fields: object = {}): Promise<void> => {
    const made = await server.ok('POST /user/new', { user_id, ...fields });
    keys.set(user_id, String(made['key']));
  };
  await user('lead');
  await user('mate');
  await user('viewer', { user_role: 'internal_user_viewer' });
  await user(`${MARK}-boss`, {
    user_email: `${MARK}@example.org`,
    user_alias: MARK,
    metadata: { secret: MARK },
  });
  await user(`${MARK}-mate`, { metadata: { secret: MARK } });
  await server.ok('POST /team/new', {
    team_id: 'ours',
    members_with_roles: [
      { role: 'admin', user_id: 'lead' },
      { role: 'user', user_id: 'mate' },
      { role: 'user', user_id: 'viewer' },
    ],
  });
  await server.ok('POST /team/new', {
    team_id: `${MARK}-team`,
    team_alias: MARK,
    metadata: { secret: MARK },
    members_with_roles: [
      { role: 'admin', user_id: `${MARK}-boss` },
      { role: 'user', user_id: `${MARK}-mate` },
    ],
  });
  await server.ok('POST /organization/new', { organization_id: `${MARK}-org`, organization_alias: MARK });
  await server.ok('POST /customer/new', { user_id: `${MARK}-customer`, max_budget: 1 });
  await server.ok('POST /budget/new', { budget_id: `${MARK}-budget`, max_budget: 1 });
  const team = await server.ok('POST /key/generate', { team_id: `${MARK}-team`, key_alias: `${MARK}-key` });
  keys.set('their key', String(team['key']));
  keys.set('plain', String((await server.ok('POST /key/generate', {}))['key']));
  keys.set('team key', String((await server.ok('POST /key/generate', { team_id: 'ours' }))['key']));
  keys.set(
    'lead in team',
    String((await server.ok('POST /key/generate', { team_id: 'ours', user_id: 'lead' }))['key']),
  );
  keys.set(
    'as master',
    String((await server.ok('POST /key/generate', { user_id: 'default_user_id' }))['key']),
  );
}, 60_000);
afterAll(() => server.close());

const OURS = ['lead', 'mate', 'viewer', 'plain', 'team key', 'lead in team', 'as master'];

const READS = [
  'GET /user/info',
  `GET /user/info?user_id=${MARK}-boss`,
  `GET /user/info?user_id=${MARK}@example.org`,
  'GET /user/list',
  `GET /user/list?user_ids=${MARK}-boss`,
  'GET /team/list',
  `GET /team/list?user_id=${MARK}-boss`,
  `GET /team/list?organization_id=${MARK}-org`,
  'GET /v2/team/list',
  `GET /v2/team/list?team_alias=${MARK}`,
  `GET /team/info?team_id=${MARK}-team`,
  `GET /team/permissions_list?team_id=${MARK}-team`,
  'GET /organization/list',
  `GET /organization/info?organization_id=${MARK}-org`,
  'GET /customer/list',
  `GET /customer/info?end_user_id=${MARK}-customer`,
  `GET /end_user/info?end_user_id=${MARK}-customer`,
  'GET /budget/list',
  `GET /budget/settings?budget_id=${MARK}-budget`,
];

const WRITES: [string, object][] = [
  ['POST /user/new', { user_id: 'made' }],
  ['POST /user/new', { user_role: 'proxy_admin' }],
  ['POST /user/update', { user_id: `${MARK}-boss`, user_role: 'internal_user' }],
  ['POST /user/delete', { user_ids: [`${MARK}-boss`] }],
  ['POST /team/new', { team_alias: 'made' }],
  ['POST /team/update', { team_id: `${MARK}-team`, max_budget: 1 }],
  ['POST /team/delete', { team_ids: [`${MARK}-team`] }],
  ['POST /team/block', { team_id: `${MARK}-team` }],
  ['POST /team/model/add', { team_id: `${MARK}-team`, models: ['x'] }],
  ['POST /team/member_add', { team_id: `${MARK}-team`, member: { role: 'admin', user_id: 'lead' } }],
  ['POST /team/bulk_member_add', { team_id: `${MARK}-team`, member: [{ role: 'admin', user_id: 'lead' }] }],
  ['POST /team/member_update', { team_id: `${MARK}-team`, user_id: `${MARK}-mate`, role: 'admin' }],
  ['POST /team/member_delete', { team_id: `${MARK}-team`, user_id: `${MARK}-mate` }],
  ['POST /team/permissions_update', { team_id: `${MARK}-team`, team_member_permissions: ['/key/generate'] }],
  ['POST /organization/new', { organization_alias: 'made' }],
  ['PATCH /organization/update', { organization_id: `${MARK}-org`, models: ['x'] }],
  ['DELETE /organization/delete', { organization_ids: [`${MARK}-org`] }],
  [
    'POST /organization/member_add',
    { organization_id: `${MARK}-org`, member: { role: 'org_admin', user_id: 'lead' } },
  ],
  [
    'PATCH /organization/member_update',
    { organization_id: `${MARK}-org`, user_id: 'lead', role: 'org_admin' },
  ],
  ['DELETE /organization/member_delete', { organization_id: `${MARK}-org`, user_id: `${MARK}-boss` }],
  ['POST /customer/update', { user_id: `${MARK}-customer`, max_budget: 9 }],
  ['POST /customer/block', { user_ids: [`${MARK}-customer`] }],
  ['POST /customer/delete', { user_ids: [`${MARK}-customer`] }],
  ['POST /budget/new', { max_budget: 1 }],
  ['POST /budget/info', { budgets: [`${MARK}-budget`] }],
  ['POST /budget/update', { budget_id: `${MARK}-budget`, max_budget: 9 }],
  ['POST /budget/delete', { id: `${MARK}-budget` }],
];

/** What was asked with may come back, nothing else of theirs. */
function leaks({ text }: ManagementAnswer, asked: string): boolean {
  const echoes = [...decodeURIComponent(asked).matchAll(/zebra[\w@.-]*/g)].map(([word]) => word);
  const rest = echoes
    .sort((a, b) => b.length - a.length)
    .reduce((left, word) => left.replaceAll(word, ''), text);
  return rest.includes(MARK);
}

async function everythingOfTheirs(): Promise<string> {
  const tables = [
    'users',
    'teams',
    'team_members',
    'organizations',
    'organization_members',
    'customers',
    'budgets',
    'virtual_keys',
  ];
  const rows = await Promise.all(
    tables.map((table) => server.database.query(`SELECT * FROM ${table} ORDER BY 1, 2`)),
  );
  return JSON.stringify(rows);
}

describe.each(OURS)('the key of %s', (name) => {
  test.each(READS)('reads nothing of another tenant at %s', async (request) => {
    const answer = await server.send(request, { key: keyOf(name) });
    expect(answer.status).toBeLessThan(500);
    expect({ request, leaks: leaks(answer, request) }).toEqual({ request, leaks: false });
  });

  test('cannot tell what exists elsewhere from what does not', async () => {
    for (const [request, id, other] of [
      ['GET /user/info?user_id=', `${MARK}-boss`, `${MARK}-none`],
      ['GET /team/info?team_id=', `${MARK}-team`, `${MARK}-none`],
      ['GET /organization/info?organization_id=', `${MARK}-org`, `${MARK}-no1`],
    ] as const) {
      const [there, not] = await Promise.all(
        [id, other].map((one) => server.send(request + one, { key: keyOf(name) })),
      );
      expect(there?.status).toBe(403);
      expect(there?.text.replaceAll(id, '')).toBe(not?.text.replaceAll(other, ''));
    }
  });

  test('changes nothing of another tenant, nor anything that is the administrators’', async () => {
    const before = await everythingOfTheirs();
    for (const [request, body] of WRITES) {
      const answer = await server.send(request, { key: keyOf(name), body });
      expect([request, answer.status]).toEqual([request, 403]);
      expect(leaks(answer, JSON.stringify(body))).toBe(false);
    }
    expect(await everythingOfTheirs()).toBe(before);
  });
});

describe('within a team', () => {
  test('its administrator adds, changes and removes members', async () => {
    const key = keyOf('lead');
    const member = { role: 'user', user_id: 'newcomer' };
    expect(
      (await server.ok('POST /team/member_add', { team_id: 'ours', member }, key))['updated_users'],
    ).toEqual([{ user_id: 'newcomer' }]);
    const update = { team_id: 'ours', user_id: 'newcomer', max_budget_in_team: 1 };
    expect(await server.ok('POST /team/member_update', update, key)).toMatchObject({ max_budget_in_team: 1 });
    await server.ok('POST /team/member_delete', { team_id: 'ours', user_id: 'newcomer' }, key);
  });

  test.each(['mate', 'viewer', 'plain', 'team key', 'as master'])(
    'the key of %s manages nobody',
    async (name) => {
      for (const [request, body] of [
        ['POST /team/member_add', { team_id: 'ours', member: { user_id: 'friend' } }],
        ['POST /team/member_update', { team_id: 'ours', user_id: name, role: 'admin' }],
        ['POST /team/member_delete', { team_id: 'ours', user_id: 'lead' }],
        ['POST /team/permissions_update', { team_id: 'ours', team_member_permissions: ['/key/generate'] }],
      ] as const) {
        expect([request, (await server.send(request, { key: keyOf(name), body })).status]).toEqual([
          request,
          403,
        ]);
      }
    },
  );

  test('a member sees the team and himself, not the keys, addresses and budgets of others', async () => {
    const minted = await server.ok('POST /key/generate', {
      team_id: 'ours',
      user_id: 'mate',
      key_alias: 'mates-own',
    });
    await server.ok('POST /key/generate', { team_id: 'ours', user_id: 'lead', key_alias: 'leads-own' });
    await server.ok('POST /user/update', { user_id: 'lead', user_email: 'lead@example.org' });
    const info = await server.send('GET /team/info?team_id=ours', { key: keyOf('mate') });
    expect(info.body).toMatchObject({
      team_id: 'ours',
      keys: [{ token: minted['token'] }],
      team_memberships: [{ user_id: 'mate' }],
    });
    expect(info.text).not.toContain('leads-own');
    expect(info.text).not.toContain('lead@example.org');
    const asLead = await server.send('GET /team/info?team_id=ours', { key: keyOf('lead') });
    expect(asLead.text).toContain('mates-own');
  });

  test('somebody from elsewhere who is added brings nothing along but his id', async () => {
    const member = { user_id: `${MARK}-mate` };
    const added = await server.send('POST /team/member_add', {
      key: keyOf('lead'),
      body: { team_id: 'ours', member },
    });
    expect(added.status).toBe(200);
    expect(leaks(added, JSON.stringify(member))).toBe(false);
    const info = await server.send('GET /team/info?team_id=ours', { key: keyOf('lead') });
    expect(leaks(info, JSON.stringify(member))).toBe(false);
    expect((await server.send(`GET /user/info?user_id=${MARK}-mate`, { key: keyOf('lead') })).status).toBe(
      403,
    );
  });

  test('a key that belongs to the team is nobody elsewhere, though its user is', async () => {
    await server.ok('POST /team/new', {
      team_id: 'second',
      members_with_roles: [{ role: 'admin', user_id: 'lead' }],
    });
    const inTeam = keyOf('lead in team');
    expect((await server.send('GET /team/info?team_id=second', { key: keyOf('lead') })).status).toBe(200);
    expect((await server.send('GET /team/info?team_id=second', { key: inTeam })).status).toBe(403);
    const listed = (await server.ok('GET /team/list', undefined, inTeam)) as unknown as { team_id: string }[];
    expect(listed.map(({ team_id }) => team_id)).toEqual(['ours']);
  });
});

describe('an administrator', () => {
  test('sees what was looked for', async () => {
    const answers = await Promise.all(READS.map((request) => server.send(request)));
    const silent = READS.filter((request, index) => !leaks(answers[index] as ManagementAnswer, request));
    expect(silent).toEqual([
      `GET /user/info?user_id=${MARK}@example.org`,
      `GET /team/list?organization_id=${MARK}-org`,
      `GET /v2/team/list?team_alias=${MARK}`,
      `GET /team/permissions_list?team_id=${MARK}-team`,
      `GET /customer/info?end_user_id=${MARK}-customer`,
      `GET /end_user/info?end_user_id=${MARK}-customer`,
      `GET /budget/settings?budget_id=${MARK}-budget`,
    ]);
  });
});

describe('an administrator who only looks', () => {
  test('reads everything and changes nothing', async () => {
    const { key } = await server.ok('POST /user/new', {
      user_id: 'auditor',
      user_role: 'proxy_admin_viewer',
    });
    for (const request of READS) {
      const expected = request.includes('@example.org') ? 404 : 200;
      expect([request, (await server.send(request, { key: String(key) })).status]).toEqual([
        request,
        expected,
      ]);
    }
    for (const [request, body] of WRITES) {
      expect([request, (await server.send(request, { key: String(key), body })).status]).toEqual([
        request,
        403,
      ]);
    }
  });
});
