import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type INestApplicationContext } from '@nestjs/common';
import { aLinkTo, aTestDatabase, type TestDatabase } from '@testing/database';
import { BudgetsService } from './budgets.service.js';
import { CustomersService } from './customers.service.js';
import { EndUserReader } from './end-user-reader.js';
import { PrincipalChanges } from './principal-changes.js';
import { PrincipalReader } from './principal-reader.js';
import { TeamMembers } from './team-members.service.js';
import { TeamsService } from './teams.service.js';
import { aUsersReplica } from './testing.js';
import { UsersService } from './users.service.js';

const NOTICED_MS = 250;

let database: TestDatabase;
let one: INestApplicationContext;
let two: INestApplicationContext;

beforeAll(async () => {
  database = await aTestDatabase();
  [one, two] = await Promise.all([aUsersReplica(database.url), aUsersReplica(database.url)]);
}, 60_000);
afterAll(async () => {
  await Promise.all([one.close(), two.close()]);
  await database.drop();
});

const write = (app: INestApplicationContext, ...scopes: string[]): Promise<void> =>
  app.get(PrincipalChanges).write(() => Promise.resolve({ scopes, result: undefined }));

function hears(app: INestApplicationContext, scope: string): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const stop = app.get(PrincipalChanges).subscribe((scopes) => {
      if (scopes !== null && !scopes.has(scope)) return;
      stop();
      resolve(performance.now() - startedAt);
    });
  });
}

describe('a change', () => {
  test('is acted on here before the write resolves', async () => {
    const told: string[] = [];
    const stop = one.get(PrincipalChanges).subscribe(async (scopes) => {
      await sleep(20);
      told.push(...(scopes ?? []));
    });
    await write(one, 'user:ada');
    expect(told).toContain('user:ada');
    stop();
  });

  test('is known to another replica within a quarter of a second', async () => {
    const heard = hears(two, 'team:red');
    await write(one, 'team:red');
    expect(await heard).toBeLessThan(NOTICED_MS);
  });

  test('that fails is told to nobody', async () => {
    const told: string[] = [];
    const stop = two.get(PrincipalChanges).subscribe((scopes) => void told.push(...(scopes ?? [])));
    const failing = one.get(PrincipalChanges).write(async (manager, epoch) => {
      await one.get(PrincipalChanges).note(manager, epoch, ['user:never']);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await write(one, 'user:after');
    await sleep(NOTICED_MS);
    stop();
    expect(told).toContain('user:after');
    expect(told).not.toContain('user:never');
  });

  test('reaches everybody where one listener fails', async () => {
    const stop = one.get(PrincipalChanges).subscribe(() => Promise.reject(new Error('bug')));
    const heard = hears(one, 'user:x');
    await write(one, 'user:x');
    expect(await heard).toBeLessThan(NOTICED_MS);
    stop();
  });

  test('of very many things at once is told as a change of everything', async () => {
    const told: unknown[] = [];
    const stop = two.get(PrincipalChanges).subscribe((scopes) => void told.push(scopes));
    await write(one, ...Array.from({ length: 1_500 }, (_, index) => `user:${index}`));
    for (const deadline = Date.now() + 2_000; !told.includes(null) && Date.now() < deadline;) await sleep(20);
    stop();
    expect(told).toContain(null);
  });

  test('gets one epoch of the counter that keys have too, in the order of the commits', async () => {
    const epochs = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? one : two)
          .get(PrincipalChanges)
          .write((_manager, epoch) => Promise.resolve({ scopes: [], result: epoch })),
      ),
    );
    expect(new Set(epochs).size).toBe(20);
    const [row] = await database.query<{ epoch: string }>('SELECT epoch FROM key_epoch');
    expect(Number(row?.epoch)).toBe(Math.max(...epochs));
  });

  test('that was missed while the database could not be reached is told afterwards', async () => {
    const link = await aLinkTo(database.url);
    const app = await aUsersReplica(link.url);
    try {
      await link.cut();
      await write(one, 'team:missed');
      const heard = hears(app, 'team:missed');
      await link.open();
      expect(await heard).toBeLessThan(10_000);
    } finally {
      await app.close();
      await link.cut();
    }
  });
});

describe('EndUserReader', () => {
  const block = (id: string, blocked: boolean): Promise<void> =>
    one.get(PrincipalChanges).write(async (manager) => {
      await one.get(CustomersService).setBlocked(manager, [id], blocked, 'tests');
      return { scopes: [`end_user:${id}`], result: undefined };
    });

  test('answers at once from the second time on, and with nothing for the unknown', async () => {
    const reader = two.get(EndUserReader);
    const first = reader.rulesOf('fresh');
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toEqual([]);
    expect(reader.rulesOf('fresh')).toEqual([]);
  });

  test('asks once for all who come together', async () => {
    const reader = two.get(EndUserReader);
    const answers = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => reader.rulesOf(`crowd-${index % 250}`)),
    );
    expect(answers.flat()).toEqual([]);
  });

  test('knows within a quarter of a second what another replica has blocked', async () => {
    const reader = two.get(EndUserReader);
    await reader.rulesOf('rude');
    const heard = hears(two, 'end_user:rude');
    await block('rude', true);
    expect(await heard).toBeLessThan(NOTICED_MS);
    await expect(async () => reader.rulesOf('rude')).rejects.toMatchObject({ status: 403 });
    expect(() => reader.rulesOf('rude')).toThrow('User blocked');
  });

  test('never keeps what a change has overtaken', async () => {
    const reader = one.get(EndUserReader);
    for (let round = 0; round < 20; round += 1) {
      const asking = Promise.resolve()
        .then(() => reader.rulesOf('flip'))
        .catch(() => null);
      await block('flip', round % 2 === 0);
      await asking;
      const blocked = await Promise.resolve()
        .then(() => reader.rulesOf('flip'))
        .then(
          () => false,
          () => true,
        );
      expect([round, blocked]).toEqual([round, round % 2 === 0]);
    }
  });

  test('goes on with what it knows while the database is away, and does not wait for it', async () => {
    const link = await aLinkTo(database.url);
    const app = await aUsersReplica(link.url);
    try {
      const reader = app.get(EndUserReader);
      await expect(async () => reader.rulesOf('rude')).rejects.toThrow('User blocked');
      await link.cut();
      await reader.rulesOf('stranger-1');
      // No promise: it does not even wait for a turn.
      expect(reader.rulesOf('stranger-2')).toEqual([]);
      expect(() => reader.rulesOf('rude')).toThrow('User blocked');
    } finally {
      await app.close();
      await link.cut();
    }
  });
});

describe('PrincipalReader', () => {
  test('tells everything that binds a key', async () => {
    await one.get(PrincipalChanges).write(async (manager) => {
      await one
        .get(UsersService)
        .insert(manager, 'ben', { user_role: 'proxy_admin_viewer', max_budget: 3, models: ['a'] }, 't');
      await one.get(UsersService).insert(manager, 'cat', {}, 't');
      const budget = await one.get(BudgetsService).insert(manager, { budget_id: 'small', rpm_limit: 2 }, 't');
      await manager.query(
        `INSERT INTO organizations (organization_id, organization_alias, budget_id, created_by, updated_by) VALUES ('acme', 'Acme', $1, 't', 't')`,
        [budget.budget_id],
      );
      await one.get(TeamsService).insert(
        manager,
        {
          team_id: 'red',
          team_alias: 'Red',
          organization_id: 'acme',
          model_aliases: { fast: 'a' },
          tpm_limit: 9,
          team_member_budget: 1,
        },
        't',
      );
      await one.get(TeamMembers).add(manager, 'red', [
        { userId: 'ben', role: 'admin' },
        { userId: 'cat', role: 'user' },
      ]);
      await one.get(TeamMembers).setLimits(manager, { teamId: 'red', userId: 'cat' }, { max_budget: 7 }, 't');
      return { scopes: ['team:red'], result: undefined };
    });
    const members = ['ben', 'cat'].map((userId) => ({ teamId: 'red', userId }));
    const found = await two
      .get(PrincipalReader)
      .read({ userIds: ['ben', 'cat', 'nobody', null], teamIds: ['red'], members, budgetIds: ['small'] });
    expect(found.user('ben')).toMatchObject({
      role: 'proxy_admin_viewer',
      models: ['a'],
      rules: [{ scope: 'user:ben' }],
    });
    expect(found.user('cat')).toMatchObject({ role: 'internal_user', rules: [] });
    expect([
      found.user('nobody'),
      found.user(null),
      found.team('blue'),
      found.member('red', 'nobody'),
    ]).toEqual([null, null, null, null]);
    expect(found.team('red')).toMatchObject({
      alias: 'Red',
      aliases: { fast: 'a' },
      organizationId: 'acme',
      rules: [{ tokensPerMinute: 9 }],
    });
    expect(found.organization('acme')).toMatchObject({
      alias: 'Acme',
      rules: [{ scope: 'organization:acme', requestsPerMinute: 2 }],
    });
    expect(found.member('red', 'ben')).toMatchObject({
      role: 'admin',
      rules: [{ scope: 'team_member:red:ben', maxBudgetPicoUsd: 1_000_000_000_000n }],
    });
    expect(found.member('red', 'cat')).toMatchObject({
      role: 'user',
      rules: [{ maxBudgetPicoUsd: 7_000_000_000_000n }],
    });
    expect(found.budget('small')).toMatchObject({ rpmLimit: 2 });
  });

  test('of a budget tells whom its change concerns', async () => {
    const { manager } = await database.dataSource([]);
    expect(await one.get(BudgetsService).scopesOf(manager, 'small')).toEqual([
      'budget:small',
      'organization:acme',
    ]);
  });
});
