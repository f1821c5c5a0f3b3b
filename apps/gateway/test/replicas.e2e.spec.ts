import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import {
  configText,
  deployment,
  endAll,
  type Gateway,
  pause,
  type Sandbox,
  startGateway,
  startSandbox,
  stringOf,
  until,
} from './harness.ts';
import { TEXT_MODELS } from './harness/gateway-config.ts';
import { test } from './harness/suite.ts';

const CONFIG = configText({
  models: [deployment('narrow', 'qwen3-30b-a3b', { rpm: 12 }), ...TEXT_MODELS],
  router: { enable_pre_call_checks: true },
});
const REPLICAS = 3;
const NOTICED_MS = 1_000;
let sandbox: Sandbox;
let database: TestDatabase;
let replicas: Gateway[] = [];

const one = (): Gateway => replicas[0] as Gateway;
const two = (): Gateway => replicas[1] as Gateway;

beforeAll(async () => {
  [sandbox, database] = await Promise.all([startSandbox(), aTestDatabase({ empty: true })]);
  const options = { config: CONFIG, llamaSwapUrl: sandbox.llamaSwap.url, databaseUrl: database.url };
  replicas = await Promise.all(Array.from({ length: REPLICAS }, () => startGateway(options)));
}, 60_000);

afterAll(async () => {
  await endAll(replicas);
  await sandbox.stop();
  await database.drop();
});

describe('replicas on one empty database', () => {
  test('start together, and migrate it once', async () => {
    const rows = await database.query<{ name: string }>('SELECT name FROM schema_migrations');
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(replicas.map(({ isUp }) => isUp)).toEqual(replicas.map(() => true));
  });

  test('know each other’s new keys at once', async () => {
    const key = await one().key({});
    for (const replica of replicas) expect((await replica.chat({}, { key })).status).toBe(200);
  });

  test('know it too when they had refused the key before it was made', async () => {
    const key = 'sk-chosen-later-7d1f0a9c3e';
    expect((await two().chat({}, { key })).status).toBe(401);
    await one().key({ key });
    await until(
      'the other accepts it',
      async () => (await two().chat({}, { key })).status === 200,
      NOTICED_MS * 2,
    );
  });

  test('refuse a key that another one has deleted within a second, under load', async () => {
    const key = await one().key({});
    expect((await two().chat({}, { key })).status).toBe(200);
    const load = setInterval(
      () =>
        void two()
          .chat({}, { key })
          .catch(() => undefined),
      10,
    );
    await one().ask('/key/delete', { body: { keys: [key] } });
    const deletedAt = performance.now();
    expect((await one().chat({}, { key })).status).toBe(401);
    await until('the other refuses it', async () => (await two().chat({}, { key })).status === 401, 5_000, 5);
    expect(performance.now() - deletedAt).toBeLessThan(NOTICED_MS);
    await pause(300);
    clearInterval(load);
    expect((await two().chat({}, { key })).status).toBe(401);
  });

  test('send a deployment together no more requests in a minute than it takes', async () => {
    const key = await one().key({});
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        (replicas[index % REPLICAS] as Gateway).chat({ model: 'narrow' }, { key }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(12);
    expect(statuses.filter((status) => status === 429)).toHaveLength(48);
    expect(answers.find(({ status }) => status === 429)?.json?.error?.message).toContain(
      'No deployments available for selected model',
    );
  });

  test('write their rows into one book', async () => {
    const key = await one().key({ user_id: 'everywhere' });
    for (const replica of replicas) await replica.chat({}, { key });
    const rows = await one().rows({ user_id: 'everywhere' }, REPLICAS);
    expect(rows).toHaveLength(REPLICAS);
  });

  test('take over the journal of one that died', async () => {
    const key = await one().key({ user_id: 'survivor' });
    const doomed = await startGateway({
      config: configText(),
      llamaSwapUrl: sandbox.llamaSwap.url,
      databaseUrl: database.url,
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => doomed.chat({}, { key })));
    await doomed.kill();
    const heir = await startGateway({
      config: configText(),
      llamaSwapUrl: sandbox.llamaSwap.url,
      databaseUrl: database.url,
      folder: doomed.folder,
    });
    replicas.push(heir);
    const rows = await heir.rows({ user_id: 'survivor' }, 20, 30_000);
    const ids = answers.map(({ json }) => stringOf(json?.id)).sort();
    expect(rows.map((row) => stringOf(row.request_id)).sort()).toEqual(ids);
  }, 60_000);
});
