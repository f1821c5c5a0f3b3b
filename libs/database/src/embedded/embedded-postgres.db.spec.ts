import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { type EmbeddedPostgres } from './embedded-postgres.js';
import { anEmbeddedServer, anEmbeddingProcess, EmbeddedFolders, rowsOf } from './testing.js';

const ROOT = process.getuid?.() === 0;

/** Root tries what other users do as `nobody`; everybody else is such a user already. */
const UNPRIVILEGED = ROOT ? { uid: 65534 } : {};

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

describe('a start', () => {
  test('on a new folder, spaces in its path, answers queries', async () => {
    const { url } = await server.start();
    expect(await rowsOf(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('on a used folder finds its data again', async () => {
    await folders.fill();
    const first = await server.start();
    await rowsOf(first.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    await server.stop();
    const { url } = await server.start();
    expect(await rowsOf(url, 'SELECT * FROM kept')).toEqual([{ seven: 7 }]);
  });

  test('clears away what an interrupted first start left', async () => {
    await mkdir(join(folder, 'my data', 'cluster.4711', 'base'), { recursive: true });
    await server.start();
    expect((await readdir(join(folder, 'my data'))).filter((name) => name.startsWith('cluster.'))).toEqual(
      [],
    );
  });

  test('of several servers at once gives each a port of its own', async () => {
    const others = [1, 2].map((n) => anEmbeddedServer(folder, { dataDir: join(folder, `data ${n}`) }));
    const urls = await Promise.all([server, ...others].map((one) => one.start()));
    await Promise.all(others.map((one) => one.stop()));
    expect(new Set(urls.map(({ url }) => new URL(url).port)).size).toBe(3);
  });

  test('passes settings on to the server', async () => {
    await folders.fill();
    server = anEmbeddedServer(folder, { flags: { fsync: 'off', work_mem: '8MB' } });
    const { url } = await server.start();
    expect(await rowsOf(url, 'SHOW work_mem')).toEqual([{ work_mem: '8MB' }]);
  });

  test('by a user without rights runs the server as that user', async () => {
    await chmod(folder, 0o777);
    const { gateway, said: url } = await anEmbeddingProcess({ dataDir: join(folder, 'other') }, UNPRIVILEGED);
    expect(await rowsOf(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    gateway.kill('SIGTERM');
    await once(gateway, 'exit');
  });

  (ROOT ? test : test.skip)('by root runs the server as a user without rights', async () => {
    await folders.fill();
    await server.start();
    const { uid } = await stat(`/proc/${server.pid ?? 0}`);
    expect(uid).toBe(65534);
  });

  test('of a folder that another process serves is refused with its number', async () => {
    await folders.fill();
    await server.start();
    await expect(anEmbeddedServer(folder).start()).rejects.toThrow(`is in use by process ${process.pid}`);
  });
});

describe('a folder marked by another container', () => {
  beforeEach(() => folders.fill());
  const mark = () => join(folder, 'my data', 'owner');

  test('is refused while that one renews its mark', async () => {
    await writeFile(mark(), '1 4711 other-boot pid:[1]');
    await expect(server.start()).rejects.toThrow('is in use by another container');
  });

  test('is taken over once the mark is old', async () => {
    await writeFile(mark(), '1 4711 other-boot pid:[1]');
    const aWhileAgo = new Date(Date.now() - 20_000);
    await utimes(mark(), aWhileAgo, aWhileAgo);
    await expect(server.start()).resolves.toHaveProperty('url');
  });
});

describe('access', () => {
  beforeEach(() => folders.fill());

  test('needs the generated password', async () => {
    const { url } = await server.start();
    const wrong = new URL(url);
    wrong.password = 'postgres';
    await expect(rowsOf(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  test('the password is for nobody else on this machine to read', async () => {
    await server.start();
    const { mode } = await stat(join(folder, 'my data', 'password'));
    expect(mode & 0o077).toBe(0);
  });

  test('is possible from this machine alone', async () => {
    const { url } = await server.start();
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address && !address.internal && address.family === 'IPv4');
    const socket = connect(Number(new URL(url).port), outside?.address ?? '127.0.0.2');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });
});

describe('a folder that cannot be used is one clear sentence', () => {
  test('a file in its place', async () => {
    await writeFile(join(folder, 'my data'), '');
    await expect(server.start()).rejects.toThrow(
      `The embedded database cannot use the folder ${join(folder, 'my data')}: a file is in the way.`,
    );
  });

  test('a folder without the right to write', async () => {
    await chmod(folder, 0o555);
    const { gateway, said } = await anEmbeddingProcess({ dataDir: join(folder, 'other') }, UNPRIVILEGED);
    gateway.kill('SIGKILL');
    expect(said).toBe(
      `The embedded database cannot use the folder ${join(folder, 'other')}: this user may not write there. ` +
        'Choose another folder or set DATABASE_URL.',
    );
  });

  test('several missing folders below one without the right to write', async () => {
    await chmod(folder, 0o555);
    const { gateway, said } = await anEmbeddingProcess(
      { dataDir: join(folder, 'a', 'b', 'c') },
      UNPRIVILEGED,
    );
    gateway.kill('SIGKILL');
    expect(said).toContain('this user may not write there');
  });

  test('a setting that the server does not know', async () => {
    await folders.fill();
    server = anEmbeddedServer(folder, { flags: { no_such_setting: '1' } });
    await expect(server.start()).rejects.toThrow('unrecognized configuration parameter "no_such_setting"');
  });

  test('after such an end the folder is free again', async () => {
    await folders.fill();
    const bad = anEmbeddedServer(folder, { flags: { no_such_setting: '1' } });
    await bad.start().catch(() => undefined);
    await expect(server.start()).resolves.toHaveProperty('url');
  });
});

describe('the log', () => {
  beforeEach(() => folders.fill());

  test('holds what the server says, never a password', async () => {
    const { url } = await server.start();
    await rowsOf(url, 'SELECT 1/0').catch(() => undefined);
    const log = await readFile(join(folder, 'my data', 'server.log'), 'utf8');
    expect(log).toContain('division by zero');
    expect(log).not.toContain(new URL(url).password);
  });

  test('is emptied at the start when it has outgrown its limit', async () => {
    await server.start();
    await server.stop();
    await writeFile(join(folder, 'my data', 'server.log'), 'x'.repeat(10_000));
    server = anEmbeddedServer(folder, { logLimitBytes: 5_000 });
    await server.start();
    expect((await stat(join(folder, 'my data', 'server.log'))).size).toBeLessThan(5_000);
  });
});
