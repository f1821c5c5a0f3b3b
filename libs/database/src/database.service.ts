import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { unavailableFrom } from './connection-failure.js';
import { DatabaseStartError } from './database-start.error.js';
import { DeadlineClient } from './deadline-client.js';
import { type DatabaseOptions, GatewayDataSource } from './gateway-data-source.js';
import { type MigrationClass, runMigrations } from './run-migrations.js';

export const DATABASE_OPTIONS = Symbol('DATABASE_OPTIONS');

/** Where PostgreSQL is, and what has to be done there before it can be used. */
export interface DatabaseModuleOptions extends DatabaseOptions {
  /** Run before the database counts as ready; empty: none. */
  readonly migrations: readonly MigrationClass[];
  /** How long the boot may wait for a database that is up but still migrating. Default 5,000. */
  readonly bootWaitMs?: number;
}

const BOOT_WAIT_MS = 5_000;
const RETRY_MS = 500;

/**
 * Connects, migrates, and says whether the database is there. The process lives on without it; a
 * boot that meets a wrong password or a broken migration ends with DatabaseStartError.
 */
@Injectable()
export class DatabaseService implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseService.name);
  private readonly stopped = new AbortController();
  private readonly events = new EventEmitter();
  private connecting: Promise<void> = Promise.resolve();
  private isReady = false;
  private lastComplaint = '';

  constructor(
    private readonly dataSource: GatewayDataSource,
    @Inject(DATABASE_OPTIONS) private readonly options: DatabaseModuleOptions,
  ) {}

  /** True once connected and migrated. It stays true when the database goes away later. */
  get ready(): boolean {
    return this.isReady;
  }

  /** Resolves when `ready` becomes true. */
  whenReady(): Promise<void> {
    if (this.isReady) return Promise.resolve();
    return new Promise((resolve) => this.events.once('ready', resolve));
  }

  /**
   * A transaction with a deadline of its own, for work that may take longer (or must take less) than
   * the pool allows. The deadline holds for each statement. Throws UnavailableError when the database is away.
   */
  async transaction<T>(timeoutMs: number, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client: unknown = await runner.connect();
      try {
        await runner.startTransaction();
        if (client instanceof DeadlineClient) client.deadlineMs = timeoutMs;
        await runner.query(`SET LOCAL statement_timeout = ${Math.floor(timeoutMs * 0.9)}`);
        const result = await work(runner.manager);
        await runner.commitTransaction();
        return result;
      } catch (error) {
        if (runner.isTransactionActive && !runner.isReleased) {
          await runner.rollbackTransaction().catch(() => undefined);
        }
        throw error;
      } finally {
        if (client instanceof DeadlineClient) client.deadlineMs = null;
      }
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    } finally {
      await runner.release();
    }
  }

  /** Time that a round trip took; UnavailableError when there is none within the query timeout. */
  async ping(): Promise<{ elapsedMs: number }> {
    const startedAt = performance.now();
    try {
      await this.dataSource.query('SELECT 1');
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    }
    return { elapsedMs: performance.now() - startedAt };
  }

  async onModuleInit(): Promise<void> {
    await this.dataSource.buildMetadatas();
    const first = this.attempt();
    try {
      await within(this.options.bootWaitMs ?? BOOT_WAIT_MS, first);
      this.connecting = this.keepTrying(first);
    } catch (error) {
      await this.onApplicationShutdown();
      throw new DatabaseStartError(`The database cannot be used: ${messageOf(error)}.`, error);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.connecting;
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async keepTrying(first: Promise<boolean>): Promise<void> {
    const { signal } = this.stopped;
    for (let attempt = first; ; attempt = this.attempt()) {
      const done = await attempt.catch((error: unknown) => {
        this.complain('error', `The database could not be brought up to date: ${messageOf(error)}`);
        return false;
      });
      if (done || signal.aborted) return;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** False: the database is away. Anything else that goes wrong, such as a broken migration, is thrown. */
  private async attempt(): Promise<boolean> {
    const { url, migrations } = this.options;
    const { signal } = this.stopped;
    try {
      await this.dataSource.connect();
      const done = migrations.length > 0 ? await runMigrations({ url, migrations, signal }) : [];
      if (done.length > 0) this.logger.log(`Migrated the database: ${done.join(', ')}.`);
    } catch (error) {
      if (signal.aborted) return false;
      if (!unavailableFrom(error)) throw error;
      this.complain('warn', `The database is not available: ${messageOf(error)}`);
      return false;
    }
    if (this.lastComplaint !== '') this.logger.log('The database is available.');
    this.isReady = true;
    this.events.emit('ready');
    return true;
  }

  /** Once per reason, not once per attempt. */
  private complain(level: 'warn' | 'error', message: string): void {
    if (message === this.lastComplaint) return;
    this.lastComplaint = message;
    this.logger[level](message);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** Waits for `work`, but not longer than `timeoutMs`. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const timeout = sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([work, timeout]).finally(() => timer.abort());
}
