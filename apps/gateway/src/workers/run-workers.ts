import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import { type AppConfig, readEnvironment } from '@app/config';
import { EmbeddedPostgres } from '@app/database';
import { GatewayLogger } from '@app/observability';
import { exitWith } from '../exit-with.js';
import { listenErrorOf } from '../listen-error.js';
import { WorkerPool } from './worker-pool.js';

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));

/**
 * Runs the gateway as `config.workers` processes on one port, among which the kernel spreads connections. Each has its
 * own journal and its own leases, as replicas have; this process has the embedded database and starts anew who ends.
 */
export async function runWorkers(config: AppConfig): Promise<void> {
  Logger.overrideLogger(new GatewayLogger(config.logLevel));
  let embedded: EmbeddedPostgres | null = null;
  try {
    await checkPort(config);
    embedded = config.databaseUrl
      ? null
      : new EmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres') });
    const url = config.databaseUrl?.reveal() ?? (await embedded?.start())?.url ?? '';
    const pool = new WorkerPool({
      count: config.workers,
      program: PROGRAM,
      env: { ...readEnvironment(), DATABASE_URL: url, JOURNAL_DIR: config.journalDir ?? '' },
      warn: (message) => new Logger('Workers').warn(message),
    });
    passSignals(pool, embedded);
    await pool.start();
  } catch (error) {
    await embedded?.stop();
    exitWith(error);
  }
}

/** Workers share the port with each other; whether somebody else has it, they cannot tell. */
async function checkPort({ host, port }: AppConfig): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
  } catch (error) {
    throw listenErrorOf(error, { host, port });
  } finally {
    probe.close();
  }
}

function passSignals(pool: WorkerPool, embedded: EmbeddedPostgres | null): void {
  const end = (signal: NodeJS.Signals): void => {
    void pool
      .end(signal)
      .then(() => embedded?.stop())
      .then(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('SIGHUP', (signal) => pool.tell(signal));
}
