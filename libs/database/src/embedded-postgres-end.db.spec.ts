import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';
import { aProcess } from './testing.js';

const SOURCE = new URL('./embedded-postgres.ts', import.meta.url).href;
/** A data folder as the first start leaves it: making one takes most of the time of a test. */
let used: string;

let folder: string;
let server: EmbeddedPostgres;

beforeAll(async () => {
  used = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  const first = new EmbeddedPostgres({ dataDir: join(used, 'my data'), flags: { fsync: 'off' } });
  await first.start();
  await first.stop();
});
afterAll(() => rm(used, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));

beforeEach(async () => {
  Logger.overrideLogger(false);
  // mkdtemp makes it 0700: for root's server these are parents that it may not pass.
  folder = await mkdtemp(join(tmpdir(), 'embedded postgres-'));
  server = aServer();
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

function aServer(options: Partial<EmbeddedPostgresOptions> = {}): EmbeddedPostgres {
  return new EmbeddedPostgres({
    dataDir: join(folder, 'my data'),
    flags: { fsync: 'off', io_method: 'sync' },
    ...options,
  });
}

/** Most tests need no new folder. */
async function givenAUsedFolder(): Promise<void> {
  await promisify(execFile)('cp', ['-a', join(used, 'my data'), folder]);
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

interface GatewayOptions {
  readonly outlivesProcess?: boolean;
}

/** A gateway in a process of its own that runs a server on `dataDir`; it says the URL, or why there is none. */
async function aGateway(dataDir: string, { outlivesProcess = false }: GatewayOptions = {}) {
  const { child, said } = aProcess(
    `import { EmbeddedPostgres } from ${JSON.stringify(SOURCE)};
    const server = new EmbeddedPostgres(${JSON.stringify({ dataDir, outlivesProcess })});
    process.on('SIGTERM', () => server.stop().then(() => process.exit()));
    console.log(await server.start().then(({ url }) => url, (error) => error.message));
    setInterval(() => {}, 1000);`,
  );
  return { gateway: child, said: await said };
}

async function isDown(url: string): Promise<boolean> {
  return query(url, 'SELECT 1').then(
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
  beforeEach(givenAUsedFolder);

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
    await query(url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    process.kill(server.pid ?? 0, 'SIGKILL');
    await until(async () => !(await isDown(url)));
    expect(await query(url, 'SELECT * FROM kept')).toEqual([{ seven: 7 }]);
  });

  test('a server that is killed again and again comes back each time', async () => {
    const { url } = await server.start();
    for (let round = 0; round < 3; round += 1) {
      process.kill(server.pid ?? 0, 'SIGKILL');
      await until(async () => server.pid !== null && !(await isDown(url)));
    }
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
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
    const { gateway, said: url } = await aGateway(join(folder, 'other'));
    gateway.kill('SIGKILL');
    expect(await until(() => isDown(url))).toBeLessThan(2_000);
  });

  test('Ctrl-C in the terminal does not reach the server before the gateway', async () => {
    const { gateway, said: url } = await aGateway(join(folder, 'other'));
    gateway.kill('SIGSTOP');
    process.kill(-(gateway.pid ?? 0), 'SIGINT');
    await sleep(300);
    expect(await isDown(url)).toBe(false);
    gateway.kill('SIGKILL');
    await until(() => isDown(url));
  });

  test('a server that a crashed gateway left behind makes way for the next', async () => {
    const { gateway, said: url } = await aGateway(join(folder, 'my data'), { outlivesProcess: true });
    await query(url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    gateway.kill('SIGKILL');
    await once(gateway, 'exit');
    const next = await server.start();
    expect(await query(next.url, 'SELECT * FROM kept')).toEqual([{ seven: 7 }]);
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
