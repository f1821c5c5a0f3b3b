import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type LimitRule, PICO_PER_USD } from '@app/call';
import { anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { DataSource } from 'typeorm';
import { SoftBudgets } from './soft-budgets.js';
import { aLimitedCall, aKeyRule, aReplica } from './testing.js';

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await aTestDatabase();
  dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

const spend = (scope: string, window: string, usd: bigint) =>
  database.query(
    `INSERT INTO spend_totals AS total (scope, window_start, spent_pico_usd, requests) VALUES ($1, $2, $3, 1)
     ON CONFLICT (scope, window_start) DO UPDATE SET spent_pico_usd = total.spent_pico_usd + excluded.spent_pico_usd`,
    [scope, window, String(usd * PICO_PER_USD)],
  );

const aTeam = async ({ teamId, organizationId }: { teamId: string; organizationId: string }) => {
  await database.query(`INSERT INTO budgets (budget_id, created_by, updated_by) VALUES ($1, 't', 't')`, [
    teamId,
  ]);
  await database.query(
    `INSERT INTO organizations (organization_id, organization_alias, budget_id, created_by, updated_by)
     VALUES ($1, $1, $2, 't', 't')`,
    [organizationId, teamId],
  );
  await database.query(
    `INSERT INTO teams (team_id, organization_id, created_by, updated_by) VALUES ($1, $2, 't', 't')`,
    [teamId, organizationId],
  );
};

const ended = (rules: readonly LimitRule[], costPicoUsd = 1n, startedAt = new Date()) =>
  anOutcome({ call: aLimitedCall(rules, { startedAt }), costPicoUsd });

const counted = (budgets: SoftBudgets) =>
  [...budgets.family().read()].map(({ labels, value }) => [labels, value]);

describe('a soft budget', () => {
  test('is reported once, by one of two processes, when it is crossed', async () => {
    const rules = [aKeyRule({ scope: 'team:a', softBudgetPicoUsd: 5n * PICO_PER_USD })];
    const [one, two] = [new SoftBudgets(dataSource), new SoftBudgets(dataSource)];
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await spend('team:a', '-infinity', 4n);
    one.accept(ended(rules));
    await one.look();
    expect(counted(one)).toEqual([]);
    await spend('team:a', '-infinity', 1n);
    for (const budgets of [one, two, one]) {
      budgets.accept(ended(rules));
      await budgets.look();
    }
    expect(counted(one)).toEqual([['kind="team"', 1]]);
    expect(counted(two)).toEqual([]);
    expect(warn.mock.calls.map(([line]) => line as string)).toEqual([
      'The soft budget of team:a is crossed: 5 USD are spent of 5. Calls go on.',
    ]);
    warn.mockRestore();
  });

  test('with a window counts what was spent in it, and is reported anew in the next', async () => {
    const budgets = new SoftBudgets(dataSource);
    const rules = [aKeyRule({ scope: 'key:b', softBudgetPicoUsd: 2n * PICO_PER_USD, budgetDuration: '1d' })];
    await spend('key:b', '-infinity', 100n);
    for (const day of ['2026-03-01', '2026-03-02']) {
      await spend('key:b', `${day}T05:00:00Z`, 2n);
      budgets.accept(ended(rules, 1n, new Date(`${day}T12:00:00Z`)));
      await budgets.look();
    }
    expect(counted(budgets)).toEqual([['kind="key"', 2]]);
    budgets.accept(ended(rules, 1n, new Date('2026-03-03T12:00:00Z')));
    await budgets.look();
    expect(counted(budgets)).toEqual([['kind="key"', 2]]);
  });

  test.each([
    ['organization', 'organization:acme-1', null],
    ['team_member', 'team_member:red-2:ann-2', null],
    ['organization', 'organization:acme-3', '1d'],
    ['team_member', 'team_member:red-4:ann-4', '1h'],
  ])('of the %s %s (%s) counts what was spent before anybody looked', async (kind, scope, budgetDuration) => {
    const id = scope.slice(-1);
    const caller = { userId: `ann-${id}`, teamId: `red-${id}`, organizationId: `acme-${id}` };
    await aTeam(caller);
    const rules = [aKeyRule({ scope, softBudgetPicoUsd: 5n * PICO_PER_USD, budgetDuration })];
    const budgets = new SoftBudgets(dataSource);
    const replica = await aReplica(database);
    const told: unknown[] = [];
    for (const usd of [4n, 2n, 2n]) {
      await replica.run(aLimitedCall(rules, { caller }), 0n, usd * PICO_PER_USD);
      await replica.runtime.ledger.drain();
      budgets.accept(ended(rules));
      await budgets.look();
      told.push(counted(budgets));
    }
    await replica.stop();
    const once = [[`kind="${kind}"`, 1]];
    expect(told).toEqual([[], once, once]);
  });

  test('is reported for a window that ends before anybody looks', async () => {
    const budgets = new SoftBudgets(dataSource);
    const rules = [aKeyRule({ scope: 'key:c', softBudgetPicoUsd: 2n * PICO_PER_USD, budgetDuration: '1d' })];
    await spend('key:c', '2026-03-01T23:00:00Z', 2n);
    for (const moment of ['2026-03-01T23:59:59Z', '2026-03-02T00:00:01Z'])
      budgets.accept(ended(rules, 1n, new Date(moment)));
    await budgets.look();
    expect(counted(budgets)).toEqual([['kind="key"', 1]]);
  });

  test('of an end user is reported, whatever key calls for it', async () => {
    const rules = [aKeyRule({ scope: 'end_user:zoe', softBudgetPicoUsd: PICO_PER_USD })];
    const budgets = new SoftBudgets(dataSource, (id) => (id === 'zoe' ? rules : Promise.resolve([])));
    await spend('end_user:zoe', '-infinity', 1n);
    for (const endUser of ['max', 'zoe']) {
      budgets.accept(anOutcome({ call: aLimitedCall([], { endUser }), costPicoUsd: 1n }));
      await budgets.look();
    }
    expect(counted(budgets)).toEqual([['kind="end_user"', 1]]);
  });

  test('is reported without another call though its row came later than the look', async () => {
    const budgets = new SoftBudgets(dataSource);
    budgets.accept(ended([aKeyRule({ scope: 'team:late', softBudgetPicoUsd: PICO_PER_USD })]));
    await budgets.look();
    await spend('team:late', '-infinity', 1n);
    await budgets.look();
    expect(counted(budgets)).toEqual([['kind="team"', 1]]);
  });

  test('costs nothing where there is none, or where nothing was spent', async () => {
    const budgets = new SoftBudgets(dataSource);
    budgets.accept(ended([aKeyRule({ scope: 'team:a' })]));
    budgets.accept(ended([aKeyRule({ scope: 'team:a', softBudgetPicoUsd: 1n })], 0n));
    const query = jest.spyOn(dataSource, 'query');
    await budgets.look();
    expect(query).not.toHaveBeenCalled();
    query.mockRestore();
  });
});
