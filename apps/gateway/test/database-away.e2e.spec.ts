import { afterAll, afterEach, beforeAll, describe, expect } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import {
  configText,
  type Gateway,
  pause,
  type Sandbox,
  startGateway,
  startSandbox,
  stringOf,
  TcpProxy,
  until,
} from './harness.ts';
import { test } from './harness/suite.ts';

let sandbox: Sandbox;
let database: TestDatabase;
let wire: TcpProxy;
let gateway: Gateway;
let key: string;

const throughWire = (): string => {
  const url = new URL(database.url);
  url.port = String(wire.port);
  return url.href;
};

const start = (waitsUntilReady = true): Promise<Gateway> =>
  startGateway({
    config: configText(),
    llamaSwapUrl: sandbox.llamaSwap.url,
    databaseUrl: throughWire(),
    waitsUntilReady,
  });

beforeAll(async () => {
  [sandbox, database] = await Promise.all([startSandbox(), aTestDatabase()]);
  const { hostname, port } = new URL(database.url);
  wire = await new TcpProxy({ host: hostname, port: Number(port) }).start();
  gateway = await start();
  key = await gateway.key({ user_id: 'steady' });
  await gateway.chat({}, { key });
}, 60_000);

afterEach(() => wire.become('through'));

afterAll(async () => {
  await gateway.end();
  await wire.stop();
  await sandbox.stop();
  await database.drop();
});

/** Calls one after the other for so long; gives back the ids of those that were answered. */
async function callsFor(ms: number): Promise<{ ids: string[]; failures: number[]; slowestMs: number }> {
  const [ids, failures]: [string[], number[]] = [[], []];
  let slowestMs = 0;
  for (const until = performance.now() + ms; performance.now() < until;) {
    const startedAt = performance.now();
    const answer = await gateway.chat({}, { key });
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    if (answer.status === 200) ids.push(stringOf(answer.json?.id));
    else failures.push(answer.status);
  }
  return { ids, failures, slowestMs };
}

async function allRecorded(ids: readonly string[]): Promise<void> {
  const missing = await until(
    'every call is recorded',
    async () => {
      const { json } = await gateway.ask('/spend/logs?user_id=steady');
      if (!Array.isArray(json)) return false;
      const recorded = (json as { request_id: string }[]).map(({ request_id }) => request_id);
      expect(new Set(recorded).size).toBe(recorded.length);
      return ids.every((id) => recorded.includes(id)) && [];
    },
    20_000,
    200,
  );
  expect(missing).toEqual([]);
}

describe('while the database is away', () => {
  test('known keys are served, unknown ones get 503 with Retry-After, and the spend arrives afterwards', async () => {
    const unknown = await gateway.key({});
    await wire.become('refuse');
    const stranger = 'sk-nobody-has-seen-this-0123456789';
    const { ids, failures } = await callsFor(3_000);
    const asked = await gateway.chat({}, { key: stranger });
    const life = await gateway.http.ask('/health/liveliness');
    await wire.become('through');
    expect(failures).toEqual([]);
    expect(ids.length).toBeGreaterThan(5);
    expect([401, 503]).toContain(asked.status);
    expect(life.status).toBe(200);
    expect(gateway.isUp).toBe(true);
    await allRecorded(ids);
    expect((await gateway.chat({}, { key: unknown })).status).toBe(200);
  }, 40_000);

  test('a key that exists but was not used yet gets 503 and Retry-After, never 401', async () => {
    const cold = await gateway.key({});
    const fresh = await start();
    try {
      await wire.become('refuse');
      const answer = await fresh.chat({}, { key: cold });
      expect([answer.status, answer.headers['retry-after'] !== undefined]).toEqual([503, true]);
      expect(answer.json?.error?.type).toMatch(/service_unavailable|no_db_connection/);
      const generated = await fresh.ask('/key/generate', { body: {} });
      expect(generated.status).toBe(503);
    } finally {
      await wire.become('through');
      await fresh.end();
    }
  }, 40_000);

  test('it may stand still instead of being gone, and calls are not slower for it', async () => {
    await wire.become('freeze');
    const { ids, failures, slowestMs } = await callsFor(2_500);
    await wire.become('through');
    expect(failures).toEqual([]);
    expect(slowestMs).toBeLessThan(1_500);
    await allRecorded(ids);
  }, 40_000);
});

describe('a database that restarts', () => {
  test('again and again under use ends no call and not the process', async () => {
    const restarts = (async () => {
      for (let i = 0; i < 5; i += 1) {
        await wire.become('refuse');
        await pause(150);
        await wire.become('through');
        await pause(400);
      }
    })();
    const { ids, failures } = await callsFor(3_000);
    await restarts;
    expect(failures).toEqual([]);
    expect(gateway.isUp).toBe(true);
    await allRecorded(ids);
  }, 40_000);
});

describe('a gateway that starts before its database', () => {
  test('lives, is not ready, and becomes ready soon after the database has come', async () => {
    await wire.become('refuse');
    const early = await start(false);
    try {
      await until(
        'it lives',
        () =>
          early.http.ask('/health/liveliness').then(
            ({ status }) => status === 200,
            () => false,
          ),
        20_000,
      );
      expect((await early.http.ask('/health/readiness')).status).toBe(503);
      await pause(1_000);
      expect(early.isUp).toBe(true);
      await wire.become('through');
      const cameAt = performance.now();
      await early.ready(10_000);
      expect(performance.now() - cameAt).toBeLessThan(4_000);
      expect((await early.chat({}, { key })).status).toBe(200);
    } finally {
      await early.end();
    }
  }, 60_000);
});
