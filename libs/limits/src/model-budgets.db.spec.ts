import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BudgetExceededError, type LimitRule, PICO_PER_USD } from '@app/call';
import { anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { aKeyRule, aLimitedCall, aReplica, chargedTo, KEY, type Replica } from './testing.js';

const CENT = PICO_PER_USD / 100n;
let database: TestDatabase;
let replica: Replica;

beforeAll(async () => {
  database = await aTestDatabase();
});
beforeEach(async () => {
  await database.query('TRUNCATE limit_accounts, limit_holders, limit_leases');
  replica = await aReplica(database);
});
afterEach(() => replica.stop());
afterAll(() => database.drop());

const aBudget = (maxBudgetPicoUsd: bigint, changes: Partial<LimitRule>): LimitRule =>
  aKeyRule({ maxBudgetPicoUsd, ...changes });
const admit = async (rules: readonly LimitRule[], bound: bigint, changes = {}) =>
  replica.limits.admit(aLimitedCall(rules, changes), bound);
const refusal = (work: Promise<unknown>) => expect(work).rejects.toBeInstanceOf(BudgetExceededError);

describe('the budget', () => {
  test('of one model binds calls that reach it by another name, and is charged for them', async () => {
    const rules = [aBudget(CENT, { model: 'gpt-4' })];
    const call = aLimitedCall(rules, { model: 'fast' });
    const names = ['fast', 'fast', 'gpt-4'];
    const permit = await replica.limits.admit(call, CENT, null, { names, bound: () => CENT });
    await replica.end(permit, call, { costPicoUsd: CENT, boundAs: names });
    await replica.runtime.ledger.drain();
    expect(await chargedTo(database, `key:${KEY}`)).toBe(CENT);
    await refusal(admit(rules, 1n));
  });

  test('of one model is charged for what it answers in place of another, whose budget stays whole', async () => {
    const rules = [aBudget(CENT, { model: 'gpt-4' }), aBudget(CENT, { model: 'spare' })];
    const call = aLimitedCall(rules);
    const permit = await replica.limits.admit(call, CENT);
    const spare = { names: ['spare'], bound: () => CENT };
    const fallback = await replica.limits.admitFallback(call, spare, ['gpt-4']);
    await refusal(replica.limits.admitFallback(aLimitedCall(rules), spare, ['gpt-4']));
    const outcome = { costPicoUsd: CENT, boundAs: ['spare'] };
    await replica.end(permit, call, outcome);
    fallback.settle(anOutcome({ call, ...outcome }));
    await replica.runtime.ledger.drain();
    expect(await database.query(`SELECT model, spent::text FROM limit_accounts ORDER BY model`)).toEqual([
      { model: 'gpt-4', spent: '0' },
      { model: 'spare', spent: String(CENT) },
    ]);
    await refusal(admit(rules, 1n, { model: 'spare' }));
    await admit(rules, CENT);
  });
});
