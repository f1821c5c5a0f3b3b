import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { until } from './child.ts';
import { requireBuild, ROOT } from './sandbox.ts';

interface Server {
  readonly pid: number | null;
  start(): Promise<{ url: string }>;
  stop(): Promise<void>;
}

interface DatabaseLibrary {
  readonly EmbeddedPostgres: new (options: { dataDir: string; flags?: Record<string, string> }) => Server;
}

/** A PostgreSQL server of this run's own, for runners that are not tests. */
export interface Postgres {
  readonly url: string;
  readonly pid: number | null;
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[], database?: string): Promise<Row[]>;
  /** An empty database; gives back its URL. */
  database(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a server out of the build, on a free port with an empty data folder. */
export async function startPostgres(flags: Record<string, string> = {}): Promise<Postgres> {
  const file = join(ROOT, 'dist/libs/database/src/index.js');
  requireBuild(file);
  const { EmbeddedPostgres } = (await import(file)) as DatabaseLibrary;
  const { Logger } = await import('@nestjs/common');
  // Standard output belongs to the figures.
  Logger.overrideLogger(false);
  const folder = mkdtempSync(join(tmpdir(), 'gateway-test-postgres-own-'));
  const server = new EmbeddedPostgres({ dataDir: folder, flags: { max_connections: '200', ...flags } });
  const { url } = await server.start();
  const at = (database: string): string => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  const query: Postgres['query'] = async (sql, values = [], database = 'postgres') => {
    const client = new pg.Client(at(database));
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql, values)).rows as never;
    } finally {
      await client.end();
    }
  };
  return {
    url,
    get pid() {
      return server.pid;
    },
    query,
    database: async (name) => {
      await query(`CREATE DATABASE ${name}`);
      return at(name);
    },
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

/** Waits until the server answers again. */
export async function accepting(postgres: Postgres, patienceMs = 20_000): Promise<void> {
  await until(
    'PostgreSQL answers',
    () =>
      postgres.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    patienceMs,
    20,
  );
}
