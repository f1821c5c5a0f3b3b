import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { UnavailableError } from '@app/call';
import pg from 'pg';
import { unavailableFrom } from './connection-failure.js';
import { DATABASE_OPTIONS, type DatabaseModuleOptions } from './database.service.js';
import { DeadlineClient } from './deadline-client.js';

const POOL_SIZE = 2;
const STATEMENT_TIMEOUT_MS = 2_000;
const QUERY_TIMEOUT_MS = 2_500;

/** A report may wait for another one to finish. */
const CONNECT_TIMEOUT_MS = 3_000;
const QUERY_CANCELED = '57014';

/** Two read-only connections for screens and reports, so that no report can starve calls or the ledger. */
@Injectable()
export class ReportDatabase implements OnApplicationShutdown {
  private readonly pool: pg.Pool;

  constructor(@Inject(DATABASE_OPTIONS) { url }: DatabaseModuleOptions) {
    this.pool = new pg.Pool({
      connectionString: url,
      Client: DeadlineClient,
      max: POOL_SIZE,
      application_name: 'gateway-reports',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      // Compiling a statement over many partitions takes longer than running it.
      options: '-c default_transaction_read_only=on -c jit=off',
      keepAlive: true,
    });
    this.pool.on('error', () => undefined);
  }

  /** Rows of one statement that only reads. UnavailableError when it takes longer than 2 s or the database is away. */
  async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(sql, [...values])).rows;
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === QUERY_CANCELED) {
        throw new UnavailableError('The report takes too long. Choose a shorter period.');
      }
      throw unavailableFrom(error) ?? error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
