import { mkdtemp, rm } from 'node:fs/promises';
import { get, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CallModule, DrainState, GATEWAY_VERSION } from '@app/call';
import { ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import { anAppConfig } from '@testing/config';
import { aLinkTo, aTestDatabase, type DatabaseLink, type TestDatabase } from '@testing/database';
import { UpstreamModule } from '@app/upstream';

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

let database: TestDatabase;
let link: DatabaseLink;
let folder: string;
let running: INestApplication | null = null;

beforeAll(async () => {
  database = await aTestDatabase();
  link = await aLinkTo(database.url);
  folder = await mkdtemp(join(tmpdir(), 'health-'));
});

afterEach(async () => {
  await running?.close();
  running = null;
});

afterAll(async () => {
  await link.cut();
  await database.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

async function start(draining = new DrainState()): Promise<(path: string) => Promise<Reply>> {
  // The Prometheus package is CommonJS and requires Nest: it loads only after Nest.
  const { ObservabilityModule } = await import('@app/observability');
  const { RoutingModule } = await import('@app/routing');
  const { HealthModule } = await import('./health.module.js');
  class App {}
  running = await NestFactory.create(
    {
      module: App,
      imports: [
        ConfigModule.forRoot(anAppConfig({ journalDir: folder })),
        CallModule.forRoot(draining),
        DatabaseModule.forRoot({ url: link.url, poolSize: 2, migrations: [], bootWaitMs: 300 }),
        UpstreamModule,
        ObservabilityModule,
        RoutingModule,
        HealthModule,
      ],
    },
    { logger: false },
  );
  await running.listen(0, '127.0.0.1');
  const { port } = (running.getHttpServer() as Server).address() as AddressInfo;
  return (path) => ask(port, path);
}

function ask(port: number, path: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    get({ port, path }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> });
      });
    }).on('error', reject);
  });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}

describe('probes', () => {
  test.each(['/health/liveliness', '/health/liveness'])('%s says that the process turns', async (path) => {
    const probe = await start();
    expect(await probe(path)).toEqual({ status: 200, body: { status: 'healthy' } });
  });

  test('/health is cheap and says healthy', async () => {
    const probe = await start();
    expect(await probe('/health')).toEqual({
      status: 200,
      body: { status: 'healthy', litellm_version: GATEWAY_VERSION },
    });
  });

  test('readiness says yes once the database was reached and rows can be written', async () => {
    const probe = await start();
    await until(async () => (await probe('/health/readiness')).body['db'] === 'connected');
    expect(await probe('/health/readiness')).toEqual({
      status: 200,
      body: { status: 'connected', db: 'connected', litellm_version: GATEWAY_VERSION },
    });
  });

  test('readiness says no while the process drains, liveliness does not', async () => {
    const draining = new DrainState();
    const probe = await start(draining);
    draining.begin();
    expect((await probe('/health/readiness')).status).toBe(503);
    expect((await probe('/health/liveliness')).status).toBe(200);
  });

  test('a database that goes away leaves the process ready, and the answer says what is worse', async () => {
    const probe = await start();
    await until(async () => (await probe('/health/readiness')).body['db'] === 'connected');
    await link.cut();
    await until(async () => (await probe('/health/readiness')).body['db'] === 'degraded');
    const { status, body } = await probe('/health/readiness');
    await link.open();
    expect(status).toBe(200);
    expect(body['reasons']).toEqual([expect.stringContaining('away')]);
  });

  test('started without a database, it lives, is not ready, and becomes ready when the database comes', async () => {
    await link.cut();
    const probe = await start();
    const before = await probe('/health/readiness');
    const alive = await probe('/health/liveliness');
    await link.open();
    const sinceMs = performance.now();
    await until(async () => (await probe('/health/readiness')).status === 200);
    expect([before.status, alive.status]).toEqual([503, 200]);
    expect(performance.now() - sinceMs).toBeLessThan(5_000);
  });
});
