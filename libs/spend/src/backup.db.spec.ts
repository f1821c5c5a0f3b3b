import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { expect, test } from '@jest/globals';
import { runMigrations } from '@app/database';
import { aCall, anOutcome } from '@testing/call';
import pg from 'pg';
import { migrations } from '../../../migrations/index.js';
import { reconcile } from './reconciliation.js';
import { aRowId, aSpendRuntime } from './testing.js';

/** Debian's place for servers; a dump is only promised between programs of one major version. */
const SERVERS = '/usr/lib/postgresql';

function serverOfDump(): string | null {
  try {
    const major = /(\d+)/.exec(execFileSync('pg_dump', ['--version']).toString())?.[1] ?? '';
    const folder = join(SERVERS, major, 'bin');
    return ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))) ? folder : null;
  } catch {
    return null;
  }
}

/** The server refuses root. */
function unprivileged(): { uid: number; gid: number } | object {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres']).toString());
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

async function serve(folder: string): Promise<{ url: (database: string) => string; stop(): Promise<void> }> {
  const [data, port, as] = [mkdtempSync(join(tmpdir(), 'gateway-backup-')), await freePort(), unprivileged()];
  if ('uid' in as) chownSync(data, as.uid, as.gid);
  execFileSync(
    join(folder, 'initdb'),
    ['-D', data, '-U', 'litellm', '-A', 'trust', '-E', 'UTF8', '--locale=C'],
    {
      ...as,
      stdio: 'ignore',
    },
  );
  const options = ['-D', data, '-p', String(port), '-k', data, '-h', '127.0.0.1', '-F'];
  const server = spawn(join(folder, 'postgres'), options, { ...as, stdio: 'ignore' });
  const url = (database: string) => `postgresql://litellm@127.0.0.1:${port}/${database}`;
  for (let count = 0; count < 100; count += 1) {
    const client = new pg.Client(url('postgres'));
    const isThere = await client.connect().then(
      () => true,
      () => false,
    );
    if (isThere) {
      for (const name of ['litellm', 'restored']) await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      break;
    }
    await pause(100);
  }
  const stop = async () => {
    server.kill('SIGQUIT');
    await once(server, 'exit');
    rmSync(data, { recursive: true, force: true });
  };
  return { url, stop };
}

/** Rows until `isOver`, each with its totals. */
async function load(url: string, isOver: () => boolean): Promise<void> {
  const runtime = aSpendRuntime(url);
  while (runtime.ledger.stats().mode !== 'direct') await pause(10);
  while (!isOver()) {
    const calls = Array.from({ length: 20 }, () => anOutcome({ call: aCall({ id: aRowId(), tags: ['t'] }) }));
    await Promise.all(calls.map(async (outcome) => runtime.ledger.close(outcome)));
  }
  await runtime.onApplicationShutdown();
}

async function dumpAndRestore(url: (database: string) => string): Promise<void> {
  const dump = spawn('pg_dump', [url('litellm')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const restore = spawn('psql', ['-q', '-v', 'ON_ERROR_STOP=1', url('restored')], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  dump.stdout.pipe(restore.stdin);
  const codes = await Promise.all([once(dump, 'exit'), once(restore, 'exit')]);
  expect(codes.map(([code]) => code as number)).toEqual([0, 0]);
}

const folder = serverOfDump();
const when = folder === null ? test.skip : test;

when(
  'a dump that is made under load is restored with books that add up (pg_dump with a server of its major)',
  async () => {
    Logger.overrideLogger(false);
    const server = await serve(folder ?? '');
    try {
      await runMigrations({ url: server.url('litellm'), migrations });
      let isOver = false;
      const loading = load(server.url('litellm'), () => isOver);
      await pause(1_000);
      await dumpAndRestore((name) => server.url(name));
      isOver = true;
      await loading;
      const [restored, original] = [
        await reconcile(server.url('restored'), null),
        await reconcile(server.url('litellm'), null),
      ];
      expect([restored.unexplained, restored.differences]).toEqual(['0', 0]);
      expect(restored.rows).toBeGreaterThan(0);
      expect(original.rows).toBeGreaterThan(restored.rows);
    } finally {
      await server.stop();
    }
  },
  120_000,
);
