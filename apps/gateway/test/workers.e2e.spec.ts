import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { configText, type Gateway, type Sandbox, startGateway, startSandbox, until } from './harness.ts';
import { test } from './harness/suite.ts';

const WORKERS = 2;
const CALLS = 24;
const REPLACED_MS = 20_000;
let sandbox: Sandbox;
let database: TestDatabase;
let gateway: Gateway;

beforeAll(async () => {
  [sandbox, database] = await Promise.all([startSandbox(), aTestDatabase()]);
  gateway = await startGateway({
    config: configText(),
    llamaSwapUrl: sandbox.llamaSwap.url,
    databaseUrl: database.url,
    env: { WORKERS: String(WORKERS) },
  });
  await until('both take requests', () => workers().length === WORKERS && listeners() === WORKERS, 20_000);
}, 60_000);

afterAll(async () => {
  await gateway.end();
  await sandbox.stop();
  await database.drop();
});

/** The processes that the launcher keeps. */
function workers(): number[] {
  try {
    return execFileSync('pgrep', ['-P', String(gateway.pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    return [];
  }
}

/** Sockets that listen on the port. */
function listeners(): number {
  const port = gateway.port.toString(16).toUpperCase().padStart(4, '0');
  const table = execFileSync('cat', ['/proc/net/tcp'], { encoding: 'utf8' });
  return table.split('\n').filter((line) => line.includes(`:${port} 00000000:0000 0A`)).length;
}

/** One request on a connection of its own, so that the kernel chooses a worker anew. */
async function chatOnce(key: string): Promise<number> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ model: 'gpt-4', messages: [{ role: 'user', content: 'Hello!' }] }),
  });
  await response.text();
  return response.status;
}

/** The sum over all series of the counter, in a scrape of whichever worker. */
async function counted(): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`, { headers: { connection: 'close' } })).text();
  const lines = text.split('\n').filter((line) => line.startsWith('litellm_requests_total{'));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

describe('several workers on one port', () => {
  test('serve as one: keys, books and metrics are everybody’s', async () => {
    const key = await gateway.key({ user_id: 'one-of-many' });
    const statuses = await Promise.all(Array.from({ length: CALLS }, () => chatOnce(key)));
    expect(statuses).toEqual(Array.from({ length: CALLS }, () => 200));
    expect(await gateway.rows({ user_id: 'one-of-many' }, CALLS)).toHaveLength(CALLS);
    expect(await counted()).toBe(CALLS);
  });

  test('one that is killed is replaced, and what it had counted still counts', async () => {
    const before = await counted();
    const [victim = 0] = workers();
    process.kill(victim, 'SIGKILL');
    await until(
      'another one serves in its place',
      () => workers().length === WORKERS && !workers().includes(victim) && listeners() === WORKERS,
      REPLACED_MS,
      100,
    );
    expect(await counted()).toBe(before);
  });

  test('a port that is taken is told in one sentence', async () => {
    const second = await startGateway({
      config: configText(),
      databaseUrl: database.url,
      env: { WORKERS: String(WORKERS) },
      port: gateway.port,
      waitsUntilReady: false,
    });
    expect(await second.child.exited).toEqual({ code: 1, signal: null });
    expect(second.child.output().trim()).toMatch(/^Port \d+ on \S+ is taken: [^\n]+$/);
    await second.end();
  });

  test('end together when the launcher is told to', async () => {
    const ids = workers();
    gateway.child.signal('SIGINT');
    expect(await gateway.child.exited).toEqual({ code: 0, signal: null });
    for (const id of ids) expect(() => process.kill(id, 0)).toThrow('ESRCH');
  });
});
