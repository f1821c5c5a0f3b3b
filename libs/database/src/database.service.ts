import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { isConnectionFailure, unavailableFrom } from './connection-failure.js';
import { DeadlineClient } from './deadline-client.js';
import { type DatabaseOptions, GatewayDataSource } from './gateway-data-source.js';
import { type MigrationClass, runMigrations } from './run-migrations.js';

export const DATABASE_OPTIONS = Symbol('DATABASE_OPTIONS');

export interface DatabaseModuleOptions extends DatabaseOptions {
  /** Run before the database counts as ready; empty: none. */
  readonly migrations: readonly MigrationClass[];
  /** How long the boot may wait for a database that is up but still migrating. Default 5,000. */
  readonly bootWaitMs?: number;
}

const BOOT_WAIT_MS = 5_000;
const RETRY_MS = 500;

/** Connects, migrates, and says whether the database is there. The process lives on without it. */
@Injectable()
export class DatabaseService implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseService.name);
  private readonly stopped = new AbortController();
  private readonly events = new EventEmitter();
  private connecting: Promise<void> = Promise.resolve();
  private isReady = false;

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
      if (client instanceof DeadlineClient) client.deadlineMs = timeoutMs;
      try {
        await runner.startTransaction();
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

  async onModuleInit(): Promise<void> {
    await this.dataSource.buildMetadatas();
    const first = this.attempt();
    this.connecting = first.then((done) => (done ? undefined : this.keepTrying()));
    this.connecting.catch(() => undefined);
    const wait = new AbortController();
    const patience = sleep(this.options.bootWaitMs ?? BOOT_WAIT_MS, undefined, { signal: wait.signal });
    await Promise.race([first, patience.catch(() => undefined)]).finally(() => wait.abort());
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.connecting.catch(() => undefined);
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async keepTrying(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await sleep(RETRY_MS, undefined, { signal: this.stopped.signal });
      if (await this.attempt()) return;
    }
  }

  /** False: the database is away. Anything else that goes wrong, such as a broken migration, is thrown. */
  private async attempt(): Promise<boolean> {
    try {
      const { url, migrations } = this.options;
      await this.dataSource.connect();
      if (migrations.length > 0) await runMigrations({ url, migrations, signal: this.stopped.signal });
    } catch (error) {
      if (this.stopped.signal.aborted) return false;
      if (!isConnectionFailure(error) && !unavailableFrom(error)) throw error;
      this.logger.warn(`The database is not available: ${(error as Error).message}`);
      return false;
    }
    this.isReady = true;
    this.events.emit('ready');
    return true;
  }
}
