import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type DataSource, type EntitySchema } from 'typeorm';
import { startTimeOf } from './embedded/embedded-owner.js';

/** A database of its own for one spec file. */
export interface TestDatabase {
  /** `postgres://…`; give it to DatabaseModule.forRoot, or to a spawned gateway as DATABASE_URL. */
  readonly url: string;
  /** A connected data source that knows `entities`; ended by `drop`. */
  dataSource(entities: readonly (EntityClass | EntitySchema)[]): Promise<DataSource>;
  /** One statement on a connection of its own. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

type EntityClass = new (...args: never[]) => object;

const TEMPLATE = 'gateway_template';
const START_PATIENCE_MS = 30_000;
const IS_WORKER = /jest-worker|processChild/.test(process.argv[1] ?? '');

/** The test run as a whole: workers share what belongs to it. */
const RUN_PID = IS_WORKER ? process.ppid : process.pid;

/**
 * Makes a database with all migrations applied, or an `empty` one. One server serves the whole test
 * run: the first caller starts it, a watcher stops it and removes its files once the run has ended.
 */
export async function aTestDatabase(options: { readonly empty?: boolean } = {}): Promise<TestDatabase> {
  const serverUrl = await serverOfThisRun();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await createDatabase(serverUrl, name, options.empty ? 'template0' : TEMPLATE);
  const url = urlOf(serverUrl, name);
  const sources: DataSource[] = [];
  return {
    url,
    dataSource: async (entities) => {
      // Loaded where it is used: Jest loads a module anew for each spec file, and most of them only need a URL.
      const { DataSource } = await import('typeorm');
      const { dataSourceOptions } = await import('./gateway-data-source.js');
      const source = new DataSource({
        ...dataSourceOptions({ url, poolSize: 8, queryTimeoutMs: 10_000, connectTimeoutMs: 5_000 }, 'test'),
        entities: [...entities],
      });
      sources.push(await source.initialize());
      return source;
    },
    query: async (sql, values = []) => query(url, sql, values),
    drop: async () => {
      await Promise.all(sources.filter((source) => source.isInitialized).map((source) => source.destroy()));
      await query(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** A way to a database that can fail like a network: outages without stopping the server of the test run. */
export class DatabaseLink {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => this.forward(socket));
  private port = 0;
  private frozen = false;

  constructor(private readonly databaseUrl: string) {}

  /** The database as seen through the link. */
  get url(): string {
    const url = new URL(this.databaseUrl);
    url.port = String(this.port);
    return url.href;
  }

  /** Lets connections in, at first and after `cut`; the port stays the same. */
  async open(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Cuts every connection and refuses new ones. */
  async cut(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  /** Connections stay, but bytes no longer flow; new ones are accepted and hear nothing. */
  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    this.frozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  private forward(near: Socket): void {
    const target = new URL(this.databaseUrl);
    const far = connect(Number(target.port), target.hostname);
    this.pipe(near, far);
    this.pipe(far, near);
  }

  private pipe(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.on('data', (chunk) => to.write(chunk));
    if (this.frozen) from.pause();
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
  }
}

/** An open link to a database; `cut` it to end it. */
export async function aLinkTo(databaseUrl: string): Promise<DatabaseLink> {
  const link = new DatabaseLink(databaseUrl);
  await link.open();
  return link;
}

const HOOKS = new URL('../../../bench/typescript.mjs', import.meta.url).pathname;

/** A Node process of its own that runs the module text `script`, which may import our `.ts` files by URL. */
export function aProcess(script: string, options: { readonly uid?: number } = {}) {
  const { uid } = options;
  const args = ['--no-warnings', '--import', HOOKS, '--input-type=module', '-e', script];
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    ...identity,
  });
  const said = new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  /** `said` is the first thing that it prints. */
  return { child, said };
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string, values: unknown[] = []) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

async function createDatabase(serverUrl: string, name: string, template: string): Promise<void> {
  await query(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function serverOfThisRun(): Promise<string> {
  const folder = join(tmpdir(), `gateway-test-postgres-${RUN_PID}-${startTimeOf(RUN_PID)}`);
  const answer = join(folder, 'answer');
  const first = await mkdir(folder).then(
    () => true,
    () => false,
  );
  if (first) {
    const text = await startServer(folder).catch((error: unknown) => `!${String(error)}`);
    await writeFile(`${answer}.draft`, text);
    await rename(`${answer}.draft`, answer);
  }
  for (const deadline = Date.now() + START_PATIENCE_MS; !existsSync(answer) && Date.now() < deadline;) {
    await sleep(20);
  }
  const text = await readFile(answer, 'utf8').catch(() => '!the server of the tests did not start in time');
  if (text.startsWith('!')) throw new Error(text.slice(1));
  return text;
}

async function startServer(folder: string): Promise<string> {
  const [{ EmbeddedPostgres }, { runMigrations }, { migrations }] = await Promise.all([
    import('./embedded/embedded-postgres.js'),
    import('./run-migrations.js'),
    import('../../../migrations/index.js'),
  ]);
  const server = new EmbeddedPostgres({
    dataDir: join(folder, 'data'),
    outlivesProcess: true,
    flags: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '300',
      io_method: 'sync',
    },
  });
  const { url } = await server.start();
  stopAfterRun(server.pid ?? 0, folder);
  await query(url, `CREATE DATABASE ${TEMPLATE}`);
  await runMigrations({ url: urlOf(url, TEMPLATE), migrations });
  return url;
}

/** Neither an interrupted nor a killed test run leaves a server or a folder behind. */
function stopAfterRun(serverPid: number, folder: string): void {
  const script = `
    while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 0.2; done
    kill -QUIT "$2"
    for i in $(seq 100); do [ -e "$3/data/cluster/postmaster.pid" ] || break; sleep 0.05; done
    rm -rf -- "$3"`;
  const args = ['-c', script, 'sh', String(RUN_PID), String(serverPid), folder];
  spawn('/bin/sh', args, { cwd: '/', stdio: 'ignore', detached: true }).unref();
}
