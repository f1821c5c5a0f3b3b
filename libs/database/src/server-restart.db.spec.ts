import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { isConnectionFailure } from './connection-failure.js';
import { DatabaseModule } from './database.module.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { NotificationService } from './notification.service.js';

const ROUNDS = 5;

let folder: string;
let server: EmbeddedPostgres;
let url: string;
let app: INestApplicationContext;

beforeAll(async () => {
  Logger.overrideLogger(false);
  folder = await mkdtemp(join(tmpdir(), 'restart-'));
  server = new EmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  ({ url } = await server.start());
  app = await NestFactory.createApplicationContext(DatabaseModule.forRoot({ url, migrations: [] }));
});
afterAll(async () => {
  await app.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

/** When the server takes connections again, seen from outside the pool. */
async function untilItAccepts(): Promise<number> {
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 500 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return performance.now();
    } catch {
      await sleep(5);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

describe('a server that is restarted under load', () => {
  test('costs failed queries at most, and the pool is back within a second of the server', async () => {
    const source = app.get(DataSource);
    const failures: unknown[] = [];
    let lastGoodAt = 0;
    let running = true;
    const load = Array.from({ length: 10 }, async () => {
      while (running) {
        await source.query('SELECT 1').then(
          () => (lastGoodAt = performance.now()),
          (error: unknown) => failures.push(error),
        );
        await sleep(5);
      }
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(100);
      process.kill(server.pid ?? 0, round % 2 === 0 ? 'SIGQUIT' : 'SIGKILL');
      await sleep(20);
      const acceptedAt = await untilItAccepts();
      while (lastGoodAt < acceptedAt) await sleep(5);
      expect(lastGoodAt - acceptedAt).toBeLessThan(1_000);
    }
    running = false;
    await Promise.all(load);
    expect(failures.filter((error) => !isConnectionFailure(error))).toEqual([]);
  });

  test('is heard again by the notifications', async () => {
    const notifications = app.get(NotificationService);
    await notifications.whenListening();
    const heard = new Promise((resolve) => notifications.listen('keys', resolve));
    await sleep(50);
    await notifications.notify('keys', 'back');
    expect(await heard).toBe('back');
  });
});
