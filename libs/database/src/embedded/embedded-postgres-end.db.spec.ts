import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { type EmbeddedPostgres } from './embedded-postgres.js';
import { anEmbeddedServer, anEmbeddingProcess, EmbeddedFolders, rowsOf } from './testing.js';

const folders = new EmbeddedFolders();
let folder: string;
let server: EmbeddedPostgres;

beforeAll(() => folders.prepare());
afterAll(() => folders.remove());

beforeEach(async () => {
  Logger.overrideLogger(false);
  folder = await folders.next();
  server = anEmbeddedServer(folder);
});
afterEach(async () => {
  await server.stop();
  await folders.clear();
});

async function isDown(url: string): Promise<boolean> {
  return rowsOf(url, 'SELECT 1').then(
    () => false,
    () => true,
  );
}

async function until(condition: () => Promise<boolean>, patienceMs = 5_000): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > patienceMs) throw new Error('It did not come true in time.');
    await sleep(10);
  }
  return performance.now() - startedAt;
}

describe('an end', () => {
  beforeEach(() => folders.fill());

  test('stop ends the server although clients are connected', async () => {
    const { url } = await server.start();
    const client = new pg.Client(url);
    client.on('error', () => undefined);
    await client.connect();
    const startedAt = performance.now();
    await server.stop();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(await isDown(url)).toBe(true);
  });

  test('a server that is killed comes back on the same port with its data', async () => {
    const { url } = await server.start();
    await rowsOf(url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    process.kill(server.pid ?? 0, 'SIGKILL');
    await until(async () => !(await isDown(url)));
    expect(await rowsOf(url, 'SELECT * FROM kept')).toEqual([{ seven: 7 }]);
  });

  test('a server that is killed again and again comes back each time', async () => {
    const { url } = await server.start();
    for (let round = 0; round < 3; round += 1) {
      process.kill(server.pid ?? 0, 'SIGKILL');
      await until(async () => server.pid !== null && !(await isDown(url)));
    }
    expect(await rowsOf(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a stop while it is coming back stays a stop', async () => {
    const { url } = await server.start();
    process.kill(server.pid ?? 0, 'SIGKILL');
    await until(() => Promise.resolve(server.pid === null));
    await server.stop();
    await sleep(500);
    expect(await isDown(url)).toBe(true);
  });

  test('of the gateway by SIGKILL takes the server with it', async () => {
    const { gateway, said: url } = await anEmbeddingProcess({ dataDir: join(folder, 'other') });
    gateway.kill('SIGKILL');
    expect(await until(() => isDown(url))).toBeLessThan(2_000);
  });

  test('Ctrl-C in the terminal does not reach the server before the gateway', async () => {
    const { gateway, said: url } = await anEmbeddingProcess({ dataDir: join(folder, 'other') });
    gateway.kill('SIGSTOP');
    process.kill(-(gateway.pid ?? 0), 'SIGINT');
    await sleep(300);
    expect(await isDown(url)).toBe(false);
    gateway.kill('SIGKILL');
    await until(() => isDown(url));
  });

  test('a server that a crashed gateway left behind makes way for the next', async () => {
    const { gateway, said: url } = await anEmbeddingProcess({
      dataDir: join(folder, 'my data'),
      outlivesProcess: true,
    });
    await rowsOf(url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    gateway.kill('SIGKILL');
    await once(gateway, 'exit');
    const next = await server.start();
    expect(await rowsOf(next.url, 'SELECT * FROM kept')).toEqual([{ seven: 7 }]);
    expect(await isDown(url)).toBe(true);
  });

  test('a number in the lock file that now belongs to another program does not harm it', async () => {
    await server.start();
    await server.stop();
    const bystander = spawn('/bin/sleep', ['60']);
    await writeFile(join(folder, 'my data', 'cluster', 'postmaster.pid'), `${bystander.pid ?? 0}\n`);
    await server.start().catch(() => undefined);
    expect(bystander.exitCode).toBeNull();
    bystander.kill('SIGKILL');
  });
});
