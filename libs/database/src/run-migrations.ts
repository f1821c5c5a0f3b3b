import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import {
  type DataSource,
  type DataSourceOptions,
  MigrationExecutor,
  type MigrationInterface,
  type QueryRunner,
} from 'typeorm';
import { abandon, DeadlineClient } from './deadline-client.js';
import { GatewayDataSource, SILENT } from './gateway-data-source.js';

/** A migration, as `migrations/index.ts` lists it. */
export type MigrationClass = new () => MigrationInterface;

export interface MigrationRun {
  readonly url: string;
  readonly migrations: readonly MigrationClass[];
  /** Gives up; the migration that is running is rolled back. */
  readonly signal?: AbortSignal;
}

const logger = new Logger('Migrations');

/** Any fixed number: replicas of this gateway on one database agree on it. */
const LOCK_KEY = 7_463_920_117;
const LOCK_POLL_MS = 100;
const CONNECT_TIMEOUT_MS = 2_000;
const QUERY_TIMEOUT_MS = 5_000;

/** A migration may take as long as it takes; this is the longest that a timer knows. */
const NO_DEADLINE_MS = 2_147_483_647;

/** A migration that waits longer for a table lock would make every query behind it wait too. */
const TABLE_LOCK_TIMEOUT = '3s';

/**
 * Runs the pending migrations, each in its own transaction, and returns their names. One process at
 * a time: lock and migrations share one connection, so a process that dies leaves neither behind.
 */
export async function runMigrations({ url, migrations, signal }: MigrationRun): Promise<string[]> {
  const dataSource = new GatewayDataSource(migrationOptions(url, migrations));
  await dataSource.connect();
  try {
    return await runOn(dataSource, signal);
  } finally {
    // Ends the connection, and with it the lock.
    await dataSource.destroy();
  }
}

/** What TypeORM needs to know to run or list the migrations; its CLI uses the same. */
export function migrationOptions(url: string, migrations: readonly MigrationClass[]) {
  return {
    type: 'postgres',
    url,
    driver: pg,
    migrations: [...migrations],
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    logger: { ...SILENT, logMigration: (message: string) => logger.error(message) },
    installExtensions: false,
    applicationName: 'gateway-migrations',
    poolSize: 1,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    poolErrorHandler: () => undefined,
    extra: { Client: DeadlineClient, keepAlive: true, query_timeout: QUERY_TIMEOUT_MS },
  } satisfies DataSourceOptions;
}

async function runOn(dataSource: DataSource, signal: AbortSignal | undefined): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  const client = (await runner.connect()) as DeadlineClient;
  const giveUp = () => abandon(client);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', giveUp);
  try {
    await lock(runner, signal);
    await runner.query(`SET lock_timeout = '${TABLE_LOCK_TIMEOUT}'`);
    client.deadlineMs = NO_DEADLINE_MS;
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'each';
    return (await executor.executePendingMigrations()).map(({ name }) => name);
  } finally {
    signal?.removeEventListener('abort', giveUp);
    await runner.release();
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
