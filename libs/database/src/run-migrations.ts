import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';

export type MigrationClass = new () => MigrationInterface;

export interface MigrationRun {
  readonly url: string;
  readonly migrations: readonly MigrationClass[];
  /** Gives up waiting for the lock. */
  readonly signal?: AbortSignal;
}

/** Any fixed number: replicas of this gateway on one database agree on it. */
const LOCK_KEY = 7_463_920_117;
const LOCK_POLL_MS = 100;
const CONNECT_TIMEOUT_MS = 2_000;

/** A migration that waits longer for a table lock would make every query behind it wait too. */
const TABLE_LOCK_TIMEOUT = '3s';

/** Where TypeORM notes what has been run; the CLI uses the same table. */
export const MIGRATIONS_TABLE = 'schema_migrations';

/**
 * Runs the pending migrations, each in its own transaction, and returns their names. One process at
 * a time: lock and migrations share one connection, so a process that dies leaves neither behind.
 */
export async function runMigrations({ url, migrations, signal }: MigrationRun): Promise<string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    driver: pg,
    migrations: [...migrations],
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    installExtensions: false,
    applicationName: 'gateway-migrations',
    poolSize: 1,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    poolErrorHandler: () => undefined,
    extra: { keepAlive: true },
  });
  await dataSource.initialize();
  const runner = dataSource.createQueryRunner();
  try {
    await lock(runner, signal);
    await runner.query(`SET lock_timeout = '${TABLE_LOCK_TIMEOUT}'`);
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'each';
    const done = await executor.executePendingMigrations();
    if (done.length > 0) new Logger('Migrations').log(`Ran ${done.map(({ name }) => name).join(', ')}.`);
    return done.map(({ name }) => name);
  } finally {
    await runner.release();
    // Ends the connection, and with it the lock.
    await dataSource.destroy();
  }
}

/** Asks again and again: a waiting statement would block another's CREATE INDEX CONCURRENTLY for ever. */
async function lock(runner: QueryRunner, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const [row] = (await runner.query('SELECT pg_try_advisory_lock($1) AS held', [LOCK_KEY])) as {
      held: boolean;
    }[];
    if (row?.held) return;
    await sleep(LOCK_POLL_MS, undefined, signal ? { signal } : {});
  }
}
