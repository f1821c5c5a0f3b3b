import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { reconcile } from '@app/spend';
import { aCall, aCaller, anOutcome } from '@testing/call';
import { aTestDatabase } from '@testing/database';
import { aJournalFolder, aRowId, aSpendRuntime } from '@testing/spend';
import { hashKey } from './key-hash.js';
import { aKeysServer, anOwnKeysServer, type Answer, type OwnKeysServer } from './testing.js';

let server: OwnKeysServer;

beforeAll(async () => {
  server = await anOwnKeysServer();
});
afterAll(() => server.close());

interface Made extends Record<string, unknown> {
  key: string;
}
const regenerate = (key: string, body: object = {}): Promise<Answer<Made>> =>
  server.send('POST /key/regenerate', { body: { key, ...body } });
const seen = async (key: string): Promise<[number, unknown]> => {
  const { status, body } = await server.send('GET /probe/inference', { key });
  return [status, body['hash']];
};

describe('a new credential for a key', () => {
  test('opens it with everything it had, and the old one opens nothing', async () => {
    const old = await server.mint({ models: ['a'], max_budget: 5, key_alias: 'rotated', metadata: { x: 1 } });
    const { status, body } = await regenerate(old);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token: hashKey(body.key),
      token_id: hashKey(body.key),
      key_name: `sk-...${body.key.slice(-4)}`,
      models: ['a'],
      max_budget: 5,
      key_alias: 'rotated',
      metadata: { x: 1 },
      rotation_count: 1,
    });
    expect(await seen(body.key)).toEqual([200, hashKey(body.key)]);
    expect((await seen(old))[0]).toBe(401);
  });

  test('by the path, with changes on the way, and with a chosen credential', async () => {
    const old = await server.mint({ rpm_limit: 1 });
    const chosen = 'sk-chosen-anew-4f9a1c7e33';
    const body = { new_key: chosen, rpm_limit: 5 };
    const answer = await server.send<Made>(`POST /key/${hashKey(old)}/regenerate`, { body });
    expect(answer.body).toMatchObject({ key: chosen, rpm_limit: 5 });
    expect((await seen(chosen))[0]).toBe(200);
  });

  test('leaves the old one open for the time of grace, as the same key', async () => {
    const old = await server.mint();
    const { body } = await regenerate(old, { grace_period: '2s' });
    const hash = hashKey(body.key);
    expect([await seen(old), await seen(body.key)]).toEqual([
      [200, hash],
      [200, hash],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect((await seen(old))[0]).toBe(401);
    expect((await seen(body.key))[0]).toBe(200);
  });

  test.each(['block', 'delete', 'regenerate'])(
    'ends the grace of the old one with a %s of the key',
    async (deed) => {
      const old = await server.mint();
      const { body } = await regenerate(old, { grace_period: '1h' });
      expect((await seen(old))[0]).toBe(200);
      const named = deed === 'delete' ? { keys: [body.key] } : { key: body.key };
      expect((await server.send(`POST /key/${deed}`, { body: named })).status).toBe(200);
      expect((await seen(body.key))[0]).toBe(401);
      // A second rotation leaves the first credential its own time of grace.
      expect((await seen(old))[0]).toBe(deed === 'regenerate' ? 200 : 401);
    },
  );

  test('twice with grace leaves both old ones open for the newest key', async () => {
    const first = await server.mint();
    const second = (await regenerate(first, { grace_period: '1h' })).body.key;
    const third = (await regenerate(second, { grace_period: '1h' })).body.key;
    for (const key of [first, second, third]) expect(await seen(key)).toEqual([200, hashKey(third)]);
    await server.send('POST /key/delete', { body: { keys: [third] } });
    for (const key of [first, second, third]) expect((await seen(key))[0]).toBe(401);
  });

  test('is known as soon as it is, and the old one forgotten, where only the database knew it', async () => {
    const old = await server.mint();
    const { body } = await regenerate(old, { grace_period: '1h' });
    const other = await server.twin();
    try {
      for (const key of [old, body.key])
        expect((await other.send('GET /probe/inference', { key })).status).toBe(200);
    } finally {
      await other.close();
    }
  });

  test('takes what was spent with it', async () => {
    const old = await server.mint({ max_budget: 10 });
    await server.database.query(
      `INSERT INTO spend_totals (scope, window_start, spent_pico_usd, requests) VALUES ($1, '-infinity', 4000000000000, 2), ($1, '2026-01-01', 4000000000000, 2)`,
      [`key:${hashKey(old)}`],
    );
    const { body } = await regenerate(old);
    expect(body['spend']).toBe(4);
    const rows = await server.database.query('SELECT window_start FROM spend_totals WHERE scope = $1', [
      `key:${hashKey(body.key)}`,
    ]);
    expect(rows).toHaveLength(2);
  });

  test('owes what calls under way cost, nothing is counted twice, and budgets of a model go on', async () => {
    const own = await aTestDatabase();
    const [keys, journal] = [await aKeysServer(own.url), aJournalFolder()];
    const runtime = aSpendRuntime(own.url, { journalDir: journal.path });
    const begin = (key: string) => {
      const call = aCall({ id: aRowId(), caller: aCaller({ keyHash: hashKey(key) }) });
      runtime.ledger.open(call, 1n);
      return (costPicoUsd: bigint) => runtime.ledger.close(anOutcome({ call, costPicoUsd }));
    };
    try {
      const old = await keys.mint({ max_budget: 10 });
      await begin(old)(3n);
      const underWay = begin(old);
      await runtime.ledger.drain();
      await own.query(
        `INSERT INTO limit_accounts (scope, model, kind, starts_at, ends_at, spent)
         VALUES ($1, 'gpt-4', 'money', '-infinity', 'infinity', 3)`,
        [`key:${hashKey(old)}`],
      );
      const made = await keys.send<Made>('POST /key/regenerate', { body: { key: old } });
      await underWay(20n);
      await begin(made.body.key)(100n);
      await runtime.ledger.drain();
      const scope = `key:${hashKey(made.body.key)}`;
      expect(
        await own.query(
          `SELECT scope, spent_pico_usd::text AS spent FROM spend_totals WHERE window_start = '-infinity'`,
        ),
      ).toEqual([{ scope, spent: '123' }]);
      expect(
        await own.query('SELECT spent::text FROM limit_accounts WHERE scope = $1 AND model = $2', [
          scope,
          'gpt-4',
        ]),
      ).toEqual([{ spent: '123' }]);
      const { checks } = await reconcile(own.url, journal.path);
      expect(checks.filter(({ differences }) => differences > 0)).toEqual([]);
    } finally {
      await runtime.onApplicationShutdown();
      await keys.close();
      journal.remove();
      await own.drop();
    }
  });

  test('has nothing to do with a key that is made with the old one later', async () => {
    const old = await server.mint();
    await regenerate(old);
    const isOwed = () =>
      server.database.query('SELECT 1 FROM key_successors WHERE hash = $1', [hashKey(old)]);
    expect(await isOwed()).toHaveLength(1);
    expect((await server.send('POST /key/generate', { body: { key: old } })).status).toBe(200);
    expect(await isOwed()).toEqual([]);
  });

  test.each<[object, number, string]>([
    [{ key: 'sk-nobody-has-this-key-000' }, 404, 'key'],
    [{}, 400, 'key'],
    [{ new_key: 'sk-short' }, 400, 'new_key'],
    [{ new_key: 'no-key-at-all-but-long-enough' }, 400, 'new_key'],
    [{ grace_period: 'soon' }, 400, 'grace_period'],
    [{ new_master_key: 'sk-new-master-key-000000' }, 400, 'new_master_key'],
  ])('is refused for %j with %i and names %s', async (body, status, param) => {
    const known =
      'key' in body || Object.keys(body).length === 0 ? body : { key: await server.mint(), ...body };
    const answer = await server.send('POST /key/regenerate', { body: known });
    expect(answer).toMatchObject({ status, body: { error: { param } } });
  });

  test('cannot be one that opens another key, the same key, or everything', async () => {
    const [one, two] = [await server.mint(), await server.mint()];
    for (const new_key of [two, one, server.masterKey])
      expect((await regenerate(one, { new_key })).status).toBe(400);
    expect(await seen(two)).toEqual([200, hashKey(two)]);
  });

  test('is not made for the master key', async () => {
    expect((await regenerate(server.masterKey)).status).toBe(400);
  });
});
