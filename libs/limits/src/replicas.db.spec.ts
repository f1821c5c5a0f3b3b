import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type LimitRule, PICO_PER_USD, UnavailableError } from '@app/call';
import { anOutcome } from '@testing/call';
import { aLinkTo, aTestDatabase, type TestDatabase } from '@testing/database';
import { aLimitedCall, aReplica, aKeyRule, chargedTo, KEY, type Replica } from './testing.js';

const CENT = PICO_PER_USD / 100n;
const CALL = CENT / 100n;
/** A shortage is believed for a tenth of a second. */
const BELIEVED_MS = 120;
let database: TestDatabase;
let replicas: Replica[] = [];

beforeAll(async () => {
  database = await aTestDatabase();
});
beforeEach(async () => {
  await database.query(
    'TRUNCATE limit_accounts, limit_holders, limit_leases, spend_totals, spend_daily, spend_logs',
  );
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  replicas = [];
});
afterAll(() => database.drop());

const start = async (count: number): Promise<void> => {
  replicas = await Promise.all(Array.from({ length: count }, () => aReplica(database)));
};
const at = (index: number): Replica => replicas[index % replicas.length] as Replica;
const aBudget = (): LimitRule[] => [aKeyRule({ maxBudgetPicoUsd: CENT })];

/** How many of `count` calls, spread over the replicas, were served; the rest must have been refused. */
async function served(count: number, rules: LimitRule[]): Promise<number> {
  const settled = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => at(index).run(aLimitedCall(rules), CALL)),
  );
  for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject({ status: 429 });
  return settled.filter(({ status }) => status === 'fulfilled').length;
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('it did not come to pass');
    await sleep(20);
  }
}

describe('replicas that share a budget', () => {
  test.each([2, 4])('%s of them serve as many of 500 calls at once as there is money for', async (count) => {
    await start(count);
    expect(await served(500, aBudget())).toBe(100);
    await Promise.all(replicas.map(({ runtime }) => runtime.ledger.drain()));
    expect(await chargedTo(database, `key:${KEY}`)).toBe(CENT);
  });

  test('give back what they do not need to the one who does', async () => {
    await start(3);
    const rules = aBudget();
    for (let call = 0; call < 100; call += 1) await at(call).run(aLimitedCall(rules), CALL);
    for (let index = 0; index < 3; index += 1)
      await expect(at(index).run(aLimitedCall(rules), 1n)).rejects.toThrow('Budget has been exceeded');
  });

  test('ask PostgreSQL rarely while there is plenty', async () => {
    await start(4);
    const rules = [aKeyRule({ maxBudgetPicoUsd: CENT * 1_000n, requestsPerMinute: 100_000 })];
    await served(100, rules);
    const before = replicas.reduce((sum, { store }) => sum + store.statements, 0);
    for (let round = 0; round < 10; round += 1) expect(await served(200, rules)).toBe(200);
    const statements = replicas.reduce((sum, { store }) => sum + store.statements, 0) - before;
    expect(statements).toBeLessThanOrEqual(60);
  });

  test('leave nothing behind when they end in order', async () => {
    await start(2);
    await served(20, aBudget());
    await Promise.all(replicas.map((replica) => replica.stop()));
    replicas = [];
    expect(await database.query('SELECT * FROM limit_leases')).toEqual([]);
    expect(await database.query('SELECT * FROM limit_holders')).toEqual([]);
  });
});

describe('replicas that share rates', () => {
  test('admit together what the limit allows, and not one more', async () => {
    await start(4);
    expect(await served(400, [aKeyRule({ requestsPerMinute: 40 })])).toBe(40);
  });

  test('share the slots of parallel calls', async () => {
    await start(3);
    const rules = [aKeyRule({ maxParallelRequests: 7 })];
    const settled = await Promise.allSettled(
      Array.from({ length: 60 }, async (_, index) => at(index).limits.admit(aLimitedCall(rules), 0n)),
    );
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
  });
});

describe('a replica that dies', () => {
  test('leaves its money to the others once its journal has been read', async () => {
    await start(1);
    const dead = await aReplica(database);
    const rules = aBudget();
    await dead.run(aLimitedCall(rules), CALL);
    await dead.limits.admit(aLimitedCall(rules), CALL * 99n);
    await dead.vanish();
    await expect(at(0).run(aLimitedCall(rules), CALL)).rejects.toThrow('Budget has been exceeded');
    at(0).runtime.totals.adopted('replica', true);
    await sleep(BELIEVED_MS);
    await eventually(
      async () => (await database.query('SELECT 1 FROM limit_leases WHERE held > 0')).length === 0,
    );
    expect(await served(200, rules)).toBe(99);
  });

  test('keeps its money as long as its journal may still come', async () => {
    await start(1);
    const dead = await aReplica(database);
    const rules = aBudget();
    await dead.limits.admit(aLimitedCall(rules), CENT);
    await dead.vanish();
    await at(0).store.reclaim(dead.store.holder, 60);
    await expect(at(0).run(aLimitedCall(rules), CALL)).rejects.toThrow('Budget has been exceeded');
    await at(0).store.reclaim(dead.store.holder, 600);
    await sleep(BELIEVED_MS);
    expect(await served(101, rules)).toBe(100);
  });

  test('frees its parallel slots at once, its requests when their minute is over', async () => {
    await start(1);
    const dead = await aReplica(database);
    const rules = [aKeyRule({ maxParallelRequests: 1 }), aKeyRule({ requestsPerMinute: 1 })];
    await dead.limits.admit(aLimitedCall(rules), 0n);
    await dead.vanish();
    await at(0).store.reclaim(dead.store.holder, 30);
    await at(0).limits.admit(aLimitedCall(rules.slice(0, 1)), 0n);
    await expect(at(0).run(aLimitedCall(rules.slice(1)), 0n)).rejects.toThrow('Limit type: requests');
    await at(0).store.reclaim(dead.store.holder, 70);
    await sleep(BELIEVED_MS);
    await at(0).limits.admit(aLimitedCall(rules.slice(1)), 0n);
  });

  test('is not declared dead by one who has just come', async () => {
    await start(1);
    const silent = await aReplica(database);
    await silent.limits.admit(aLimitedCall([aKeyRule({ maxParallelRequests: 1 })]), 0n);
    await silent.vanish();
    await database.query(`UPDATE limit_holders SET seen_at = now() - interval '1 hour' WHERE name = $1`, [
      silent.store.holder,
    ]);
    await at(0).keeper.beat();
    expect(await database.query('SELECT held::int FROM limit_leases')).toEqual([{ held: 1 }]);
  });
});

describe('a key that gets a new credential while its calls run', () => {
  const hash = '12'.repeat(32);
  const scope = `key:${hash}`;
  const replaced = () =>
    database.query('INSERT INTO key_successors (hash, active_hash) VALUES ($1, $2)', [KEY, hash]);
  const admit = async (rules: readonly LimitRule[], bound: bigint) =>
    at(0).limits.admit(aLimitedCall(rules, { caller: { keyHash: hash } }), bound);
  afterEach(() => database.query('DELETE FROM key_successors'));

  test('has no more money under it than those calls leave', async () => {
    await start(2);
    const call = aLimitedCall(aBudget());
    const permit = await at(1).limits.admit(call, CENT / 2n);
    await replaced();
    const rules = [aKeyRule({ scope, maxBudgetPicoUsd: CENT })];
    const other = await admit(rules, CENT / 2n);
    await expect(admit(rules, 1n)).rejects.toThrow('Budget has been exceeded');
    await at(1).end(permit, call, { costPicoUsd: CENT / 4n });
    await at(1).runtime.ledger.drain();
    await eventually(() =>
      admit(rules, CENT / 4n).then(
        () => true,
        () => false,
      ),
    );
    await expect(admit(rules, 1n)).rejects.toThrow('Budget has been exceeded');
    other.settle(anOutcome({ costPicoUsd: 0n }));
  });

  test('has no more requests in a minute', async () => {
    await start(1);
    for (let call = 0; call < 3; call += 1)
      await at(0).run(aLimitedCall([aKeyRule({ requestsPerMinute: 5 })]), 0n);
    await replaced();
    const rules = [aKeyRule({ scope, requestsPerMinute: 5 })];
    for (let call = 0; call < 2; call += 1) await admit(rules, 0n);
    await expect(admit(rules, 0n)).rejects.toThrow('Limit type: requests');
  });

  test('has no more calls at once', async () => {
    await start(1);
    await at(0).limits.admit(aLimitedCall([aKeyRule({ maxParallelRequests: 2 })]), 0n);
    await replaced();
    const rules = [aKeyRule({ scope, maxParallelRequests: 2 })];
    await admit(rules, 0n);
    await expect(admit(rules, 0n)).rejects.toThrow('Limit type: max_parallel_requests');
  });
});

describe('while the database is away', () => {
  const behindLink = async () => {
    const link = await aLinkTo(database.url);
    replicas = [await aReplica(database, { url: link.url })];
    return link;
  };

  test('money in hand is spent, more is not to be had, and afterwards there is', async () => {
    const link = await behindLink();
    const rules = aBudget();
    await at(0).run(aLimitedCall(rules), CALL);
    await link.cut();
    let spent = 1;
    const error: unknown = await (async () => {
      for (; ; spent += 1) await at(0).run(aLimitedCall(rules), CALL);
    })().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(spent).toBeGreaterThan(10);
    await link.open();
    await eventually(async () => (await served(1, rules).catch(() => 0)) === 1);
    expect((await served(200, rules)) + spent).toBe(99);
    await at(0).stop();
    replicas = [];
    await link.cut();
  });

  test('rates are kept by an equal share of the limit', async () => {
    const link = await behindLink();
    await at(0).run(aLimitedCall([aKeyRule({ scope: 'user:x', requestsPerMinute: 5 })]), 0n);
    await link.cut();
    expect(await served(20, [aKeyRule({ requestsPerMinute: 6 })])).toBe(6);
    await link.open();
    await at(0).stop();
    replicas = [];
    await link.cut();
  });
});
