import { DataSource, type DataSourceOptions, type Logger as TypeOrmLogger } from 'typeorm';
import pg from 'pg';
import { DeadlineClient } from './deadline-client.js';

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Connections of this process in all: two are for reports, one hears notifications, the rest is shared. Default 10. */
  readonly poolSize?: number;
  /** Every query gives up after this, on both ends. Default 900. */
  readonly queryTimeoutMs?: number;
  /** How long a query may wait for a free or new connection. Default 500. */
  readonly connectTimeoutMs?: number;
}

const DEFAULTS = { poolSize: 10, queryTimeoutMs: 900, connectTimeoutMs: 500 };
const IDLE_TIMEOUT_MS = 60_000;

/** The server gives up a little earlier, so that a merely slow statement does not cost its connection. */
const SERVER_SHARE = 0.9;

/** The report pool and the notification connection. */
const OTHER_CONNECTIONS = 3;

const ignore = () => undefined;

/** Errors are thrown, and statements may hold secrets: TypeORM itself writes nothing, not even to the console. */
export const SILENT: TypeOrmLogger = {
  logQuery: ignore,
  logQueryError: ignore,
  logQuerySlow: ignore,
  logSchemaBuild: ignore,
  logMigration: ignore,
  log: ignore,
};

/** TypeORM options for a pool that never waits long and never ends the process. */
export function dataSourceOptions(options: DatabaseOptions, applicationName: string) {
  const { url, poolSize, queryTimeoutMs, connectTimeoutMs } = { ...DEFAULTS, ...options };
  return {
    type: 'postgres',
    url,
    driver: pg,
    synchronize: false,
    installExtensions: false,
    logger: SILENT,
    applicationName,
    poolSize: Math.max(1, poolSize - OTHER_CONNECTIONS),
    connectTimeoutMS: connectTimeoutMs,
    // Idle connections that the server closes are replaced on the next query: nothing to report.
    poolErrorHandler: () => undefined,
    extra: {
      Client: DeadlineClient,
      query_timeout: queryTimeoutMs,
      statement_timeout: Math.floor(queryTimeoutMs * SERVER_SHARE),
      idle_in_transaction_session_timeout: 60_000,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    },
  } satisfies DataSourceOptions;
}

/**
 * A data source that may be used before the database is there: repositories know their tables from
 * the start, and queries fail as connection failures until the first connect.
 */
export class GatewayDataSource extends DataSource {
  private metadata: Promise<void> | null = null;
  private ending: Promise<void> | null = null;

  override async buildMetadatas(): Promise<void> {
    this.metadata ??= super.buildMetadatas();
    await this.metadata;
  }

  /** Connects; after a failure the half-made pool is gone and connecting may be tried again. */
  async connect(): Promise<void> {
    try {
      if (!this.isInitialized) await this.initialize();
    } catch (error) {
      const { driver } = this as unknown as { driver: { master?: unknown; disconnect(): Promise<void> } };
      if (driver.master) await driver.disconnect();
      throw error;
    }
  }

  /** May be called by everyone who shuts down: the connections are closed once. */
  override async destroy(): Promise<void> {
    this.ending ??= super.destroy().finally(() => (this.ending = null));
    await this.ending;
  }
}
