import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BudgetExceededError, type LimitRule, PICO_PER_USD } from '@app/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { aLimitedCall, aReplica, aKeyRule, chargedTo, KEY, type Replica } from './testing.js';

const CENT = PICO_PER_USD / 100n;
let database: TestDatabase;
let replica: Replica;

beforeAll(async () => {
  database = await aTestDatabase();
});
beforeEach(async () => {
  await database.query(
    'TRUNCATE limit_accounts, limit_holders, limit_leases, spend_totals, spend_daily, spend_logs',
  );
  replica = await aReplica(database);
});
afterEach(() => replica.stop());
afterAll(() => database.drop());

const aBudget = (maxBudgetPicoUsd: bigint, changes: Partial<LimitRule> = {}): LimitRule =>
  aKeyRule({ maxBudgetPicoUsd, ...changes });

const refusal = async (work: Promise<unknown> | (() => unknown)): Promise<BudgetExceededError> => {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof BudgetExceededError) return error;
    throw error;
  }
  throw new Error('admitted');
};

const admit = async (rules: readonly LimitRule[], bound: bigint, changes = {}) =>
  replica.limits.admit(aLimitedCall(rules, changes), bound);

describe('a budget', () => {
  test('is spent to the last pico-dollar and not beyond', async () => {
    const rules = [aBudget(CENT)];
    for (let call = 0; call < 100; call += 1) await replica.run(aLimitedCall(rules), CENT / 100n);
    await refusal(admit(rules, 1n));
    await replica.runtime.ledger.drain();
    expect(await chargedTo(database, `key:${KEY}`)).toBe(CENT);
  });

  test('admits exactly as many of 500 calls that arrive together as it has money for', async () => {
    const rules = [aBudget(CENT)];
    const settled = await Promise.allSettled(Array.from({ length: 500 }, () => admit(rules, CENT / 100n)));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    for (const one of settled)
      if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(BudgetExceededError);
  });

  test('has room again when a call has cost less than it might', async () => {
    const rules = [aBudget(CENT)];
    const call = aLimitedCall(rules);
    const permit = await replica.limits.admit(call, CENT);
    await refusal(admit(rules, 1n));
    await replica.end(permit, call, { costPicoUsd: CENT / 2n });
    await admit(rules, CENT / 2n);
    await refusal(admit(rules, 1n));
  });

  test('gives back once, however often a call is settled', async () => {
    const rules = [aBudget(CENT)];
    const call = aLimitedCall(rules);
    const permit = await replica.limits.admit(call, CENT / 2n);
    await admit(rules, CENT / 2n);
    for (let times = 0; times < 3; times += 1) await replica.end(permit, call, { costPicoUsd: 0n });
    await admit(rules, CENT / 2n);
    await refusal(admit(rules, 1n));
  });

  test('of zero refuses the first call, with exact amounts and no retry', async () => {
    expect(await refusal(admit([aBudget(0n)], 1n))).toMatchObject({
      status: 429,
      type: 'budget_exceeded',
      headers: { 'x-should-retry': 'false' },
      message: 'Budget has been exceeded! Current cost: 0, Max budget: 0',
    });
  });

  test('counts what was spent before there was one', async () => {
    await replica.run(aLimitedCall([]), CENT / 2n);
    await replica.runtime.ledger.drain();
    const rules = [aBudget(CENT)];
    expect((await refusal(admit(rules, CENT))).message).toContain('Current cost: 0.005, Max budget: 0.01');
    await admit(rules, CENT / 2n);
  });

  test('that was lowered below the spend refuses the next call, and raised admits it', async () => {
    await replica.run(aLimitedCall([aBudget(CENT)]), CENT / 2n);
    await refusal(admit([aBudget(CENT / 2n)], 1n));
    await admit([aBudget(CENT * 2n)], CENT);
  });

  test('is not overrun by a call that nobody bounds by more than this one call', async () => {
    const rules = [aBudget(CENT)];
    const soft = aLimitedCall(rules, { uncapped: true });
    await replica.run(soft, CENT * 10n, CENT * 2n);
    expect((await refusal(admit(rules, 1n))).message).toContain('Current cost: 0.02, Max budget: 0.01');
  });

  test('of one model binds calls for that model only', async () => {
    const rules = [aBudget(CENT, { model: 'gpt-4' })];
    await replica.run(aLimitedCall(rules), CENT);
    expect((await refusal(admit(rules, 1n))).message).toContain('Model=gpt-4');
    await admit(rules, CENT, { model: 'qwen' });
  });

  test('whose call was never answered has all of its money', async () => {
    const rules = [aBudget(CENT)];
    const call = aLimitedCall(rules);
    const permit = await replica.limits.admit(call, CENT);
    await replica.end(permit, call, { status: 502, costPicoUsd: 0n });
    await admit(rules, CENT);
  });
});

/** The team `red` of the organization `acme`. */
async function aTeam(): Promise<void> {
  await database.query(`INSERT INTO budgets (budget_id, created_by, updated_by) VALUES ('b', 't', 't')
    ON CONFLICT DO NOTHING`);
  await database.query(`INSERT INTO organizations (organization_id, organization_alias, budget_id, created_by, updated_by)
    VALUES ('acme', 'acme', 'b', 't', 't') ON CONFLICT DO NOTHING`);
  await database.query(`INSERT INTO teams (team_id, organization_id, created_by, updated_by)
    VALUES ('red', 'acme', 't', 't') ON CONFLICT DO NOTHING`);
}

describe('the scopes of a call', () => {
  const caller = { userId: 'ann', teamId: 'red', organizationId: 'acme' };

  test.each([
    ['key', `key:${KEY}`, 'Budget has been exceeded! Current cost: 0.01, Max budget: 0.01'],
    ['user', 'user:ann', 'ExceededBudget: User=ann over budget. Spend=0.01, Budget=0.01'],
    ['team', 'team:red', 'Budget has been exceeded! Team=red Current cost: 0.01, Max budget: 0.01'],
    [
      'team member',
      'team_member:red:ann',
      'Budget has been exceeded! User=ann in Team=red Current cost: 0.01, Max budget: 0.01',
    ],
    ['organization', 'organization:acme', 'Budget has been exceeded! Organization=acme'],
    ['gateway', 'global', 'Budget has been exceeded! Gateway Current cost: 0.01'],
  ])('the budget of a %s is charged by the rows and refuses when it is spent', async (_, scope, words) => {
    await aTeam();
    const rules = [aBudget(CENT, { scope })];
    await replica.run(aLimitedCall(rules, { caller }), CENT);
    await replica.runtime.ledger.drain();
    expect(await chargedTo(database, scope)).toBe(CENT);
    expect((await refusal(admit(rules, 1n, { caller }))).message).toContain(words);
  });

  test('the budget of an organization is charged by keys of its own, which need no team', async () => {
    const own = { keyHash: 'ef'.repeat(32), organizationId: 'umbrella' };
    await database.query(`INSERT INTO virtual_keys (hash, key_name, organization_id, version, created_by, updated_by)
      VALUES ('${own.keyHash}', 'sk-...', 'umbrella', 1, 't', 't')`);
    const rules = [aBudget(CENT, { scope: 'organization:umbrella' })];
    await replica.run(aLimitedCall(rules, { caller: own }), CENT);
    await replica.runtime.ledger.drain();
    expect(await chargedTo(database, 'organization:umbrella')).toBe(CENT);
    await refusal(admit(rules, 1n, { caller: own }));
  });

  test.each(['organization:acme', 'team_member:red:ann'])(
    'the budget of %s counts what was spent before there was one, also after its window has changed',
    async (scope) => {
      await aTeam();
      await replica.run(aLimitedCall([], { caller }), CENT, CENT / 2n);
      await replica.runtime.ledger.drain();
      for (const budgetDuration of [null, '1d', '7d', '1h']) {
        const rules = [aBudget(CENT, { scope, budgetDuration })];
        expect((await refusal(admit(rules, CENT, { caller }))).message).toContain('ost: 0.005');
      }
    },
  );

  test.each([
    ['is deleted', `DELETE FROM virtual_keys WHERE hash = $1`],
    ['moves to another', `UPDATE virtual_keys SET organization_id = 'other' WHERE hash = $1`],
  ])('the budget of an organization is charged for a key that %s while its call runs', async (_, change) => {
    const own = { keyHash: 'ab'.repeat(32), organizationId: 'umbrella' };
    await database.query(
      `INSERT INTO virtual_keys (hash, key_name, organization_id, version, created_by, updated_by)
       VALUES ($1, 'sk-...', 'umbrella', 1, 't', 't') ON CONFLICT DO NOTHING`,
      [own.keyHash],
    );
    const rules = [aBudget(CENT, { scope: 'organization:umbrella' })];
    const call = aLimitedCall(rules, { caller: own });
    const permit = await replica.limits.admit(call, CENT);
    await database.query(change, [own.keyHash]);
    await replica.end(permit, call, { costPicoUsd: CENT });
    await replica.runtime.ledger.drain();
    expect(await chargedTo(database, 'organization:umbrella')).toBe(CENT);
    await refusal(admit(rules, 1n, { caller: own }));
  });

  test('the budget of an end user binds whatever key calls for it', async () => {
    const other = await aReplica(database, {
      endUser: (id) => Promise.resolve([aBudget(CENT, { scope: `end_user:${id}` })]),
    });
    await other.run(aLimitedCall([], { endUser: 'zoe' }), CENT);
    const again = () => other.limits.admit(aLimitedCall([], { endUser: 'zoe' }), 1n);
    expect((await refusal(again)).message).toContain('ExceededBudget: End User=zoe over budget');
    await other.limits.admit(aLimitedCall([], { endUser: 'max' }), CENT);
    await other.stop();
  });

  test('are taken from all together or not at all', async () => {
    const poor = aBudget(CENT / 2n, { scope: 'team:red' });
    await refusal(admit([aBudget(CENT), poor], CENT));
    await admit([aBudget(CENT)], CENT);
  });

  test('of the gateway bind every caller but the administrator', async () => {
    const other = await aReplica(database, { global: [aBudget(CENT, { scope: 'global' })] });
    await other.run(aLimitedCall([]), CENT);
    await refusal(() => other.limits.admit(aLimitedCall([]), 1n));
    await other.limits.admit(aLimitedCall([], { caller: { kind: 'master' } }), CENT);
    await other.stop();
  });
});

describe('the windows of a budget', () => {
  const START = Date.UTC(2026, 0, 1);

  test('begin anew without anything being set back to zero', async () => {
    const rules = [aBudget(CENT, { budgetDuration: '1d', budgetStartsAtMs: START })];
    const now = Date.now();
    const yesterday = new Date(now - 86_400_000);
    await replica.run(aLimitedCall(rules, { startedAt: yesterday }), CENT);
    await refusal(admit(rules, 1n, { startedAt: yesterday }));
    await replica.run(aLimitedCall(rules), CENT);
    await replica.runtime.ledger.drain();
    const windows = await database.query('SELECT spent::text FROM limit_accounts ORDER BY starts_at');
    expect(windows).toEqual([{ spent: String(CENT) }, { spent: String(CENT) }]);
  });

  test('tell when the next one begins', async () => {
    const rules = [aBudget(0n, { budgetDuration: '1mo', budgetStartsAtMs: START })];
    const now = new Date();
    const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
    const error = await refusal(admit(rules, 1n));
    expect(error.message).toContain(`The budget resets at ${next.toISOString()}`);
    expect(Number(error.headers['retry-after'])).toBeGreaterThan((next.getTime() - now.getTime()) / 1000 - 5);
  });

  test.each(['999999999999d', '40000000d', '999999999999mo'])(
    'that are as long as %s never end, and harm nobody who asks at the same time',
    async (budgetDuration) => {
      const long = [aBudget(CENT, { budgetDuration, budgetStartsAtMs: START })];
      const other = [aBudget(CENT, { scope: 'user:ann' })];
      await Promise.all([admit(long, CENT), admit(other, CENT)]);
      await refusal(admit(long, 1n));
    },
  );

  test('charge a call to the window in which it began, however late it ends', async () => {
    const rules = [aBudget(CENT, { budgetDuration: '1s', budgetStartsAtMs: START })];
    const started = new Date(Math.floor(Date.now() / 1000) * 1000 - 1);
    const call = aLimitedCall(rules, { startedAt: started });
    const permit = await replica.limits.admit(call, CENT);
    replica.runtime.ledger.open(call, CENT);
    await replica.run(aLimitedCall(rules), CENT / 4n);
    await replica.end(permit, call, { costPicoUsd: CENT / 2n });
    await replica.runtime.ledger.drain();
    const [first] = await database.query(
      `SELECT spent::text, ends_at FROM limit_accounts ORDER BY starts_at LIMIT 1`,
    );
    expect(first).toEqual({ spent: String(CENT / 2n), ends_at: new Date(started.getTime() + 1) });
  });
});
