import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Call } from '@app/call';
import { type DeploymentAttempt } from '@app/routing';
import { aCall, anOutcome } from '@testing/call';
import { type ModelEntry } from '@app/config';
import { aLinkTo, aTestDatabase, type TestDatabase } from '@testing/database';
import { aField, type Field } from '@testing/routing';
import { DeploymentLeases } from './deployment-leases.js';
import { aReplica, type Replica } from './testing.js';

let database: TestDatabase;
let replicas: Replica[] = [];
let fields: Field[] = [];

beforeAll(async () => {
  database = await aTestDatabase();
});
beforeEach(async () => {
  await database.query('TRUNCATE limit_accounts, limit_holders, limit_leases');
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  replicas = [];
});
afterAll(() => database.drop());

/** So many processes with the same models, each with leases of its own. */
async function start(count: number, models: readonly Partial<ModelEntry>[], url?: string): Promise<void> {
  replicas = await Promise.all(
    Array.from({ length: count }, () => aReplica(database, url === undefined ? {} : { url })),
  );
  fields = replicas.map(({ keeper }) => {
    const field = aField(models, { enablePreCallChecks: true });
    field.picker.limitBy(new DeploymentLeases(keeper));
    return field;
  });
}

/** As a call is sent: its attempt, or null where nobody may be asked. */
async function begun(field: Field, call: Call = aCall()): Promise<DeploymentAttempt | null> {
  const { picker, route } = field;
  for (;;) {
    const member = picker.pick(route, call) ?? (await picker.find(route, call));
    const attempt = member && picker.begin(member, route.group, call);
    if (member === null || attempt) return attempt;
  }
}

const fieldAt = (index: number): Field => fields[index % fields.length] as Field;
const statements = (): number => replicas.reduce((sum, { store }) => sum + store.statements, 0);

/** The attempts of `count` calls at once, spread over the processes. */
async function allBegun(count: number): Promise<DeploymentAttempt[]> {
  const attempts = await Promise.all(Array.from({ length: count }, (_, index) => begun(fieldAt(index))));
  return attempts.filter((attempt) => attempt !== null);
}

describe('the limits of a deployment, over several processes', () => {
  test('they begin together as many calls in a minute as it takes', async () => {
    await start(3, [{ rpm: 40 }]);
    expect(await allBegun(200)).toHaveLength(40);
    expect(await allBegun(3)).toEqual([]);
  });

  test('they never have more calls in flight than it takes, and give back what has ended', async () => {
    await start(2, [{ maxParallelRequests: 5 }]);
    const attempts = await allBegun(40);
    expect(attempts).toHaveLength(5);
    for (const attempt of attempts.slice(0, 3)) attempt.ended(anOutcome());
    // A shortage is believed for a tenth of a second, and the slots may be in the other's hands.
    let again = 0;
    for (let round = 0; round < 20 && again < 3; round += 1) {
      again += (await allBegun(40)).length;
      await sleep(50);
    }
    expect(again).toBe(3);
  });

  test('tokens that one of them has used are gone for the other', async () => {
    await start(2, [{ tpm: 1_000 }]);
    const usage = { ...anOutcome().usage, promptTokens: 60, completionTokens: 40 };
    let calls = 0;
    for (let index = 0; index < 30; index += 1) {
      const attempt = await begun(fieldAt(index));
      attempt?.ended(anOutcome({ usage }));
      if (attempt) calls += 1;
    }
    // Both may find the last few tokens in hand: one call more for each process is the most.
    expect(calls).toBeGreaterThanOrEqual(10);
    expect(calls).toBeLessThanOrEqual(12);
  });

  test('a deployment that is full leaves the call to the next one', async () => {
    await start(2, [{ rpm: 3 }, { rpm: 4 }]);
    const ids = (await allBegun(30)).map(({ deployment }) => deployment.id);
    expect(ids.filter((id) => id === 'a')).toHaveLength(3);
    expect(ids.filter((id) => id === 'b')).toHaveLength(4);
  });

  test('calls do not wait for PostgreSQL as long as their process has room in hand', async () => {
    await start(2, [{ rpm: 10_000 }]);
    await allBegun(2);
    const before = statements();
    for (let index = 0; index < 1_000; index += 1) {
      const field = fieldAt(index);
      const member = field.picker.pick(field.route, aCall());
      expect(member && field.picker.begin(member, field.route.group, aCall())).not.toBeNull();
    }
    await sleep(50);
    expect(statements() - before).toBeLessThanOrEqual(2);
  });

  test('while PostgreSQL is away each has its equal share', async () => {
    const link = await aLinkTo(database.url);
    await start(1, [{ rpm: 6 }], link.url);
    await link.cut();
    expect(await allBegun(20)).toHaveLength(6);
    await link.open();
    await Promise.all(replicas.map((replica) => replica.stop()));
    replicas = [];
    await link.cut();
  });
});
