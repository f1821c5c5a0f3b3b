import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { UnavailableError } from '@app/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { generateKey, hashKey } from './key-hash.js';
import { KeySnapshots } from './key-snapshots.js';
import { aKeysServer, type ErrorBody, type KeysServer } from './testing.js';

/** Stands between the gateway and PostgreSQL and can be cut or frozen. */
class Cable {
  private readonly sockets = new Set<Socket>();
  private state: 'open' | 'cut' | 'frozen' = 'open';
  private server!: Server;

  async lay(target: URL): Promise<string> {
    this.server = createServer((client) => {
      if (this.state === 'cut') {
        client.destroy();
        return;
      }
      const upstream = connect(Number(target.port), target.hostname);
      for (const socket of [client, upstream]) {
        this.sockets.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            this.sockets.delete(socket);
            client.destroy();
            upstream.destroy();
          });
      }
      client.on('data', (chunk) => this.pass(upstream, chunk));
      upstream.on('data', (chunk) => this.pass(client, chunk));
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const url = new URL(target);
    url.host = `127.0.0.1:${(this.server.address() as { port: number }).port}`;
    return url.href;
  }

  cut(): void {
    this.state = 'cut';
    for (const socket of this.sockets) socket.destroy();
  }

  /** Connections stay, and new ones are taken, but nothing comes through any more. */
  freeze(): void {
    this.state = 'frozen';
  }

  mend(): void {
    if (this.state === 'frozen') for (const socket of this.sockets) socket.destroy();
    this.state = 'open';
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private pass(to: Socket, chunk: Buffer | string): void {
    if (this.state !== 'frozen') to.write(chunk);
  }
}

let database: TestDatabase;
let cable: Cable;
let server: KeysServer;
let known: string;

beforeAll(async () => {
  database = await aTestDatabase();
});
beforeEach(async () => {
  cable = new Cable();
  server = await aKeysServer(await cable.lay(new URL(database.url)));
  known = await server.mint();
});
afterEach(async () => {
  cable.mend();
  await server.close();
  cable.close();
});
afterAll(() => database.drop());

async function timed(key: string | null, path = '/probe/inference') {
  const start = performance.now();
  const { status, headers, body } = await server.send<ErrorBody>(`GET ${path}`, { key });
  return { status, retryAfter: headers.get('retry-after'), body, tookMs: performance.now() - start };
}

async function untilStatus(key: string, status: number, withinMs: number): Promise<void> {
  const start = performance.now();
  while ((await timed(key)).status !== status) {
    if (performance.now() - start > withinMs) throw new Error(`no ${status} within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each(['cut', 'freeze'] as const)('while the database is away (%s)', (how) => {
  test('known keys go on at once, unknown ones get 503 and never 401, and all recovers by itself', async () => {
    cable[how]();
    const first = await timed(generateKey());
    expect(first).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
    expect(first.tookMs).toBeLessThan(2000);
    for (let round = 0; round < 30; round++) {
      const [good, cold] = await Promise.all([timed(known), timed(generateKey())]);
      expect(good).toMatchObject({ status: 200 });
      expect(cold).toMatchObject({ status: 503, body: { error: { type: 'service_unavailable' } } });
      expect(Math.max(good.tookMs, cold.tookMs)).toBeLessThan(2000);
    }
    expect((await server.send('GET /probe/admin')).status).toBe(200);
    cable.mend();
    await untilStatus(generateKey(), 401, 5000);
    expect((await timed(known)).status).toBe(200);
  });

  test('management says 503 within its deadlines, and works again afterwards', async () => {
    cable[how]();
    const start = performance.now();
    for (const request of ['POST /key/generate', 'POST /key/delete']) {
      const { status } = await server.send(request, {
        body: request.endsWith('delete') ? { keys: [known] } : {},
      });
      expect(status).toBe(503);
    }
    expect((await server.send(`GET /key/info?key=${known}`)).status).toBe(503);
    expect(performance.now() - start).toBeLessThan(10_000);
    cable.mend();
    await untilStatus(generateKey(), 401, 5000);
    expect(await server.mint()).toMatch(/^sk-/);
  });
});

test('keys in memory are trusted for ten minutes of absence and no longer, and for ever while it is there', async () => {
  const snapshots = server.app.get(KeySnapshots);
  const hash = hashKey(known);
  const later = (minutes: number): number => Date.now() + minutes * 60_000;
  expect(snapshots.recall(hash, later(60 * 24))?.caller.keyHash).toBe(hash);
  cable.cut();
  expect((await timed(generateKey())).status).toBe(503);
  expect(snapshots.recall(hash, later(9.9))?.caller.keyHash).toBe(hash);
  expect(() => snapshots.recall(hash, later(10.1))).toThrow(UnavailableError);
});

test('a gateway that starts without its database serves the master key, then everybody', async () => {
  cable.cut();
  const other = new Cable();
  const url = await other.lay(new URL(database.url));
  other.cut();
  const late = await aKeysServer(url);
  try {
    expect((await late.send('GET /probe/admin')).status).toBe(200);
    expect((await late.send('GET /probe/inference', { key: known })).status).toBe(503);
    other.mend();
    const start = performance.now();
    while ((await late.send('GET /probe/inference', { key: known })).status !== 200) {
      expect(performance.now() - start).toBeLessThan(8000);
    }
  } finally {
    await late.close();
    other.close();
  }
});

test('a key that is deleted while this replica is cut off is refused as soon as it is back', async () => {
  const other = await aKeysServer(database.url);
  try {
    cable.cut();
    await other.send('POST /key/delete', { body: { keys: [known] } });
    expect((await timed(known)).status).toBe(200);
    cable.mend();
    await untilStatus(known, 401, 5000);
  } finally {
    await other.close();
  }
});

test('a key that was made elsewhere during a cut works as soon as this replica is back', async () => {
  const other = await aKeysServer(database.url);
  try {
    cable.cut();
    const made = await other.mint();
    expect((await timed(made)).status).toBe(503);
    cable.mend();
    await untilStatus(made, 200, 5000);
  } finally {
    await other.close();
  }
});
