import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '@app/call';
import { anAppConfig } from '@testing/config';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { DueRotations } from './due-rotations.js';
import { hashKey } from './key-hash.js';
import { aKeysServer, type ErrorBody, type KeysServer } from './testing.js';

const HOUR_MS = 3_600_000;

let database: TestDatabase;
let servers: [KeysServer, KeysServer];

beforeAll(async () => {
  database = await aTestDatabase();
  servers = await Promise.all([aKeysServer(database.url), aKeysServer(database.url)]);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await database.drop();
});

interface Shown extends ErrorBody {
  readonly key: string;
  readonly replaced_until: string;
  readonly info: {
    key_rotation_at: string | null;
    rotation_count: number;
    auto_rotate: boolean;
    max_budget: number;
  };
}

const isDue = (...keys: readonly string[]) =>
  database.query(`UPDATE virtual_keys SET rotation_due_at = now() - interval '1 s' WHERE hash = ANY ($1)`, [
    keys.map(hashKey),
  ]);
const rotate = (): Promise<number[]> =>
  Promise.all(servers.map(({ app }) => app.get(DueRotations).rotateDue()));
const rotating = (fields: object = {}) =>
  servers[0].mint({ auto_rotate: true, rotation_interval: '30d', ...fields });
const successorOf = (key: string) => servers[0].send<Shown>('POST /key/successor', { key });
const infoOf = async (key: string) => (await servers[0].send<Shown>('GET /key/info', { key })).body.info;

describe('a key that rotates by itself', () => {
  test('says when, and is left alone until then', async () => {
    const key = await rotating();
    const { key_rotation_at, auto_rotate } = await infoOf(key);
    expect(auto_rotate).toBe(true);
    expect(Date.parse(key_rotation_at ?? '') - Date.now()).toBeGreaterThan(29 * 24 * HOUR_MS);
    expect(await rotate()).toEqual([0, 0]);
  });

  test('is rotated once, though two replicas look at the same moment, and its holder fetches the new credential', async () => {
    const keys: string[] = [];
    for (let index = 0; index < 25; index++) keys.push(await rotating({ max_budget: 7 }));
    await isDue(...keys);
    expect((await rotate()).reduce((sum, count) => sum + count, 0)).toBe(25);
    for (const key of keys.slice(0, 3)) {
      const { body } = await successorOf(key);
      expect(body.key).toMatch(/^sk-/);
      expect(await infoOf(body.key)).toMatchObject({ rotation_count: 1, auto_rotate: true, max_budget: 7 });
      expect((await servers[1].send('GET /probe/inference', { key: body.key })).status).toBe(200);
      // The old one goes on for seven days and still finds its way to the new one.
      expect((await servers[1].send('GET /probe/inference', { key })).status).toBe(200);
      const graceMs = Date.parse(body.replaced_until) - Date.now();
      expect(graceMs / HOUR_MS).toBeCloseTo(7 * 24, 0);
    }
  });

  test('finds its newest credential from any that still opens it, and a grace no longer than its interval', async () => {
    const first = await rotating({ rotation_interval: '2h' });
    await isDue(first);
    await rotate();
    const second = (await successorOf(first)).body;
    expect((Date.parse(second.replaced_until) - Date.now()) / HOUR_MS).toBeCloseTo(2, 1);
    await isDue(second.key);
    await rotate();
    const third = (await successorOf(first)).body.key;
    expect(third).not.toBe(second.key);
    expect((await successorOf(second.key)).body.key).toBe(third);
    expect((await infoOf(third)).rotation_count).toBe(2);
  });

  test('stores the new credential only encrypted, and not at all once the old one has ended', async () => {
    const key = await rotating();
    await isDue(key);
    await rotate();
    const { body } = await successorOf(key);
    const rows = await database.query<{ row: string }>('SELECT t::text AS row FROM replaced_keys AS t');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ row }) => row.includes(body.key) || row.includes(body.key.slice(3)))).toBe(false);
    await database.query(`UPDATE replaced_keys SET revoke_at = now() - interval '1 s'`);
    await rotate();
    const sealed = await database.query('SELECT 1 FROM replaced_keys WHERE successor_sealed IS NOT NULL');
    expect(sealed).toEqual([]);
    expect((await successorOf(body.key)).status).toBe(404);
  });

  test('is fetched after a change of the salt key, while the old one is named, and then without it', async () => {
    const key = await rotating();
    await isDue(key);
    await rotate();
    const fetched = (await successorOf(key)).body.key;
    const before = anAppConfig();
    const saltKey = new Secret('the-salt-key-after-the-change');
    const alone = await aKeysServer(database.url, { ...before, saltKey });
    const unreadable = await alone.send<ErrorBody>('POST /key/successor', { key });
    expect([unreadable.status, unreadable.body.error.message]).toEqual([
      503,
      'The new credential waits, but cannot be read at present.',
    ]);
    const both = await aKeysServer(database.url, { ...before, saltKey, oldSaltKeys: [before.saltKey] });
    expect((await both.send<Shown>('POST /key/successor', { key })).body.key).toBe(fetched);
    while ((await alone.send('POST /key/successor', { key })).status !== 200) await sleep(20);
    expect((await alone.send<Shown>('POST /key/successor', { key })).body.key).toBe(fetched);
    await Promise.all([alone.close(), both.close()]);
  });

  test('is not fetched by anybody else, and has none while it was not rotated', async () => {
    const key = await rotating();
    expect((await successorOf(key)).status).toBe(404);
    await isDue(key);
    await rotate();
    expect((await successorOf(await servers[0].mint())).status).toBe(404);
    expect((await servers[0].send('POST /key/successor')).status).toBe(401);
    expect((await servers[0].send('POST /key/successor', { key: null })).status).toBe(401);
  });

  test('may be limited to the doors: it fetches its successor all the same', async () => {
    const key = await rotating({ key_type: 'llm_api' });
    await isDue(key);
    await rotate();
    expect((await successorOf(key)).status).toBe(200);
  });
});

describe('a rotation that makes no sense', () => {
  test.each([
    [{ auto_rotate: true }, 'rotation_interval'],
    [{ auto_rotate: true, rotation_interval: '5m' }, 'rotation_interval'],
    [{ auto_rotate: true, rotation_interval: 'soon' }, 'rotation_interval'],
    [{ auto_rotate: 'yes' }, 'auto_rotate'],
  ])('%j is refused by name', async (body, param) => {
    const refused = await servers[0].send<ErrorBody>('POST /key/generate', { body });
    expect([refused.status, refused.body.error.param]).toEqual([400, param]);
  });

  test('is ended by an update', async () => {
    const key = await rotating();
    await servers[0].send('POST /key/update', { body: { key, auto_rotate: false } });
    expect((await infoOf(key)).key_rotation_at).toBeNull();
  });
});

describe('many keys at once', () => {
  interface Bulk {
    total_requested: number;
    successful_updates: { key: string; key_info: { max_budget: number; metadata: object } }[];
    failed_updates: { key: string; failed_reason: string }[];
  }

  test('are changed each for itself', async () => {
    const [one, two] = [await servers[0].mint(), await servers[0].mint()];
    const keys = [
      { key: one, max_budget: 3, tags: ['a'] },
      { key: 'sk-nobody-made-this-one-ever' },
      { key: two, team_id: 'no-such-team' },
      { key: two, rpm_limit: 5 },
      { key: two, max_budget: 4 },
    ];
    const { status, body } = await servers[0].send<Bulk>('POST /key/bulk_update', { body: { keys } });
    expect([status, body.total_requested]).toEqual([200, 5]);
    expect(body.successful_updates.map(({ key, key_info }) => [key, key_info.max_budget])).toEqual([
      [one, 3],
      [two, 4],
    ]);
    expect(body.failed_updates.map(({ key }) => key)).toEqual([keys[1]?.key, two, two]);
    expect(body.failed_updates[2]?.failed_reason).toContain('rpm_limit');
  });

  test.each([
    [{}],
    [{ keys: [] }],
    [{ keys: ['sk-a'] }],
    [{ keys: Array.from({ length: 501 }, () => ({})) }],
  ])('are refused when they are none, too many or no objects', async (body) => {
    expect((await servers[0].send('POST /key/bulk_update', { body })).status).toBe(400);
  });

  test('are nothing for a key without a role', async () => {
    const key = await servers[0].mint();
    const refused = await servers[0].send('POST /key/bulk_update', {
      key,
      body: { keys: [{ key, max_budget: 1 }] },
    });
    expect([refused.status, (refused.body as { failed_updates?: unknown[] }).failed_updates?.length]).toEqual(
      [200, 1],
    );
  });
});
