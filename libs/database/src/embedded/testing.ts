import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { aProcess } from '../testing.js';
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';

const RM_OPTIONS = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 };

/** Folders for embedded servers: one at a time, for each test of a file. */
export class EmbeddedFolders {
  private used = '';
  private current = '';

  /** Has a first start leave its data folder, to be copied: making one takes most of the time of a test. */
  async prepare(): Promise<void> {
    this.used = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
    const first = anEmbeddedServer(this.used);
    await first.start();
    await first.stop();
  }

  /** A new one, empty. */
  async next(): Promise<string> {
    // mkdtemp makes it 0700: for root's server these are parents that it may not pass.
    return (this.current = await mkdtemp(join(tmpdir(), 'embedded postgres-')));
  }

  /** Makes the new one a used one. */
  async fill(): Promise<void> {
    await promisify(execFile)('cp', ['-a', join(this.used, 'my data'), this.current]);
  }

  clear(): Promise<void> {
    return rm(this.current, RM_OPTIONS);
  }

  remove(): Promise<void> {
    return rm(this.used, RM_OPTIONS);
  }
}

/** A server on `my data` in this folder; it is not started. */
export function anEmbeddedServer(
  folder: string,
  options: Partial<EmbeddedPostgresOptions> = {},
): EmbeddedPostgres {
  const flags = { fsync: 'off', io_method: 'sync' };
  return new EmbeddedPostgres({ dataDir: join(folder, 'my data'), flags, ...options });
}

/** A gateway in a process of its own that runs an embedded server; it says the URL, or why there is none. */
export async function anEmbeddingProcess(
  options: Pick<EmbeddedPostgresOptions, 'dataDir' | 'outlivesProcess'>,
  identity: { readonly uid?: number } = {},
) {
  const source = new URL('./embedded-postgres.ts', import.meta.url).href;
  const { child, said } = aProcess(
    `import { EmbeddedPostgres } from ${JSON.stringify(source)};
    const server = new EmbeddedPostgres(${JSON.stringify(options)});
    process.on('SIGTERM', () => server.stop().then(() => process.exit()));
    console.log(await server.start().then(({ url }) => url, (error) => error.message));
    setInterval(() => {}, 1000);`,
    identity,
  );
  return { gateway: child, said: await said };
}

/** The rows of one statement, from a server that may be down: within a second, or an error. */
export async function rowsOf(url: string, sql: string): Promise<object[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}
