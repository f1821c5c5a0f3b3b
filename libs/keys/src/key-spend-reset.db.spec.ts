import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashKey } from './key-hash.js';
import { anOwnKeysServer, type Answer, type ErrorBody, type OwnKeysServer } from './testing.js';

let server: OwnKeysServer;

beforeAll(async () => {
  server = await anOwnKeysServer();
});
afterAll(() => server.close());

type Body = Record<string, unknown>;
const reset = (key: string, body: Body, as?: string): Promise<Answer<Body>> =>
  server.send(`POST /key/${key}/reset_spend`, { body, ...(as !== undefined && { key: as }) });
const spendOf = async (key: string): Promise<unknown> =>
  (await server.send<{ info: Body }>(`GET /key/info?key=${key}`)).body.info['spend'];

/** As the ledger books it: in all, and by the hour. */
async function spend(
  key: string,
  ...hours: readonly (readonly [hour: string, picoUsd: number])[]
): Promise<void> {
  const all = hours.reduce((sum, [, picoUsd]) => sum + picoUsd, 0);
  for (const [hour, picoUsd] of [...hours, ['-infinity', all] as const]) {
    await server.database.query('INSERT INTO spend_totals VALUES ($1, $2, $3, 1)', [
      `key:${hashKey(key)}`,
      hour,
      String(picoUsd),
    ]);
  }
}

const totalsOf = (key: string, table: string, amount: string): Promise<Body[]> =>
  server.database.query(
    `SELECT ${amount}::text AS amount FROM ${table} WHERE scope = $1 ORDER BY window_start`,
    [`key:${hashKey(key)}`],
  );

describe('POST /key/{key}/reset_spend', () => {
  test('sets what the key has spent and tells what it was', async () => {
    const key = await server.mint({ max_budget: 9, budget_duration: '1mo' });
    await spend(key, ['2026-01-05T10:00:00Z', 2e12], ['2026-01-05T11:00:00Z', 3e12]);
    const { status, body } = await reset(hashKey(key), { reset_to: 4.5 });
    expect(status).toBe(200);
    expect(body).toEqual({
      key_hash: hashKey(key),
      spend: 4.5,
      previous_spend: 5,
      max_budget: 9,
      budget_reset_at: expect.any(String),
    });
    expect(await spendOf(key)).toBe(4.5);
    expect(await totalsOf(key, 'spend_totals', 'spent_pico_usd')).toEqual([
      { amount: '4500000000000' },
      { amount: '1500000000000' },
      { amount: '3000000000000' },
    ]);
    expect((await reset(key, { reset_to: 0 })).body).toMatchObject({ spend: 0, previous_spend: 4.5 });
    expect(await totalsOf(key, 'spend_credits', 'credited_pico_usd')).toEqual([
      { amount: '5000000000000' },
      { amount: '2000000000000' },
      { amount: '3000000000000' },
    ]);
  });

  test('leaves a key that has spent nothing at nothing', async () => {
    const key = await server.mint();
    expect((await reset(key, { reset_to: 0 })).body).toMatchObject({ spend: 0, previous_spend: 0 });
  });

  test.each([
    [{}, 'reset_to'],
    [{ reset_to: null }, 'reset_to'],
    [{ reset_to: -1 }, 'reset_to'],
    [{ reset_to: 'all' }, 'reset_to'],
    [{ reset_to: 6 }, 'reset_to'],
    [{ reset_to: 4 }, 'reset_to'],
    [{ reset_to: 0, spend: 0 }, 'spend'],
  ])('refuses %j, and changes nothing', async (body, param) => {
    const key = await server.mint({ max_budget: 3 });
    await spend(key, ['2026-01-05T10:00:00Z', 5e12]);
    const refused = await reset(key, body);
    expect([refused.status, (refused.body as unknown as ErrorBody).error.param]).toEqual([400, param]);
    expect(await totalsOf(key, 'spend_totals', 'spent_pico_usd')).toEqual([
      { amount: '5000000000000' },
      { amount: '5000000000000' },
    ]);
    expect(await totalsOf(key, 'spend_credits', 'credited_pico_usd')).toEqual([]);
  });

  test('knows no key that is not there', async () => {
    expect((await reset('f'.repeat(64), { reset_to: 0 })).status).toBe(404);
  });

  test('is written into the audit log with both amounts', async () => {
    const key = await server.mint();
    await spend(key, ['2026-01-05T10:00:00Z', 5e11]);
    await reset(key, { reset_to: 0.25 });
    const entries = await server.database.query<Body>(
      `SELECT before_json->>'spend' AS before, after_json->>'spend' AS after FROM audit_log
       WHERE action = 'key.spend_reset' AND entity_id = $1`,
      [hashKey(key)],
    );
    expect(entries).toEqual([{ before: '0.5', after: '0.25' }]);
  });

  test('stays with a key that gets a new credential', async () => {
    const key = await server.mint();
    await spend(key, ['2026-01-05T10:00:00Z', 5e12]);
    await reset(key, { reset_to: 1 });
    const renewed = String((await server.send('POST /key/regenerate', { body: { key } })).body['key']);
    expect(await spendOf(renewed)).toBe(1);
    expect(await totalsOf(renewed, 'spend_credits', 'credited_pico_usd')).toHaveLength(2);
    expect(await totalsOf(key, 'spend_credits', 'credited_pico_usd')).toEqual([]);
  });
});

describe('who may reset what a key has spent', () => {
  let own: string;
  let lead: string;
  let member: string;

  beforeAll(async () => {
    own = await server.user('resetting', { user_role: 'internal_user' });
    for (const user of ['lead', 'member']) await server.user(user, { user_role: 'internal_user' });
    await server.team('reds', { lead: 'admin', member: 'user' });
    lead = await server.mint({ user_id: 'lead', team_id: 'reds' });
    member = await server.mint({ user_id: 'member', team_id: 'reds' });
  });

  test('not its holder, nor a plain key', async () => {
    expect((await reset(own, { reset_to: 0 }, own)).status).toBe(403);
    expect((await reset(member, { reset_to: 0 }, member)).status).toBe(403);
    const plain = await server.mint();
    expect((await reset(plain, { reset_to: 0 }, plain)).status).toBe(403);
  });

  test('the admin of its team, but not for himself', async () => {
    expect((await reset(member, { reset_to: 0 }, lead)).status).toBe(200);
    expect((await reset(lead, { reset_to: 0 }, lead)).status).toBe(403);
  });

  test('nobody learns of keys that are not his', async () => {
    const [foreign, unknown] = [
      await reset(own, { reset_to: 0 }, lead),
      await reset('e'.repeat(64), { reset_to: 0 }, lead),
    ];
    expect([foreign.status, foreign.body]).toEqual([unknown.status, unknown.body]);
  });
});
