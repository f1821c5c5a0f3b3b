import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { folderError } from '../database-start.error.js';
import { embeddedBinaries } from './embedded-binaries.js';
import { type Cluster, flushCluster, makeDataDir, openCluster } from './embedded-cluster.js';
import { type Identity, identityFor } from './embedded-identity.js';
import { claimDataDir, releaseDataDir, renewClaim, stopLeftover, stopServer } from './embedded-owner.js';
import {
  freePort,
  type ServerCommand,
  ServerLog,
  startServer,
  type StartResult,
} from './embedded-process.js';
import { PROGRAM_ENVIRONMENT } from './run-program.js';

/** Where an embedded server keeps its data, and how it runs. */
export interface EmbeddedPostgresOptions {
  /** Folder of the server: cluster, password (0600) and log. Made when missing; keep it to keep the data. */
  readonly dataDir: string;
  /** Settings of the server, such as `{ fsync: 'off' }`. */
  readonly flags?: Readonly<Record<string, string>>;
  /** `server.log` is emptied when it grows beyond this. */
  readonly logLimitBytes?: number;
  /** The server goes on when this process ends; the caller sees to its end. Default false. */
  readonly outlivesProcess?: boolean;
}

const LOG_LIMIT_BYTES = 5_000_000;
const UPKEEP_MS = 3_000;
const PORT_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
const PORT_TAKEN = /Address already in use|could not bind/;

/**
 * A real PostgreSQL server out of npm packages, on 127.0.0.1 with a generated password. It is
 * restarted on the same port when it dies, and it ends when this process ends, however that ends.
 */
export class EmbeddedPostgres {
  private readonly logger = new Logger(EmbeddedPostgres.name);
  private readonly dataDir: string;
  private command: ServerCommand | null = null;
  private child: ChildProcess | null = null;
  private watcher: ChildProcess | null = null;
  private upkeep: NodeJS.Timeout | null = null;
  private isOwner = false;
  private stopping = false;

  constructor(private readonly options: EmbeddedPostgresOptions) {
    this.dataDir = resolve(options.dataDir);
  }

  /** Process id of the server; null while it is down. */
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** Starts the server; a new data folder takes about half a second. Throws DatabaseStartError. */
  async start(): Promise<{ url: string }> {
    this.stopping = false;
    const clusterDir = join(this.dataDir, 'cluster');
    const identity = await identityFor(clusterDir);
    await makeDataDir(this.dataDir, identity);
    await claimDataDir(this.dataDir);
    this.isOwner = true;
    try {
      await stopLeftover(clusterDir);
      const binDir = await embeddedBinaries(identity, this.copyFolders());
      const cluster = await openCluster(this.dataDir, binDir, identity);
      const port = await this.startOnFreePort(binDir, cluster, identity);
      if (cluster.isNew && this.options.flags?.['fsync'] !== 'off')
        void flushCluster(cluster, binDir, identity);
      return { url: `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres` };
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  /** Fast shutdown. Call it last: whoever is still connected is cut off. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.watcher?.kill('SIGKILL');
    if (this.child?.pid !== undefined) await stopServer(this.child.pid);
    this.child = null;
    await this.release();
  }

  private copyFolders(): string[] {
    return [
      join(dirname(this.dataDir), 'postgres-binaries'),
      join(tmpdir(), `gateway-postgres-${process.getuid?.() ?? 0}`),
    ];
  }

  private async startOnFreePort(binDir: string, cluster: Cluster, identity: Identity): Promise<number> {
    const log = this.openLog();
    let failure = '';
    for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
      const port = await freePort();
      this.command = {
        binDir,
        clusterDir: cluster.folder,
        port,
        identity,
        flags: this.options.flags ?? {},
        log,
      };
      const result = await startServer(this.command);
      if ('child' in result) {
        this.startUpkeep(log);
        this.adopt(result.child);
        return port;
      }
      failure = result.failure;
      if (!PORT_TAKEN.test(failure)) break;
    }
    throw folderError(this.dataDir, failure);
  }

  private adopt(child: ChildProcess): void {
    this.child = child;
    child.unref();
    // stop() came while the server was starting again and saw none to stop.
    if (this.stopping) child.kill('SIGINT');
    if (!this.options.outlivesProcess)
      this.watcher = endWithThisProcess(child, this.command?.identity ?? null);
    child.once('exit', (code, signal) => {
      this.watcher?.kill('SIGKILL');
      this.child = null;
      if (this.stopping) return;
      this.logger.warn(`The embedded database ended (${signal ?? code ?? 'unknown'}); starting it again.`);
      void this.restart();
    });
  }

  private async restart(): Promise<void> {
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)) {
      await sleep(backoffMs, undefined, { ref: false });
      const { command } = this;
      if (this.stopping || !command) return;
      const result = await this.startAgain(command).catch((error: unknown) => ({ failure: String(error) }));
      if ('failure' in result) {
        this.logger.error(`The embedded database did not start: ${result.failure.trim().slice(-500)}`);
        continue;
      }
      this.adopt(result.child);
      return;
    }
  }

  /** A copy of the programs may have been cleared away from a temporary folder meanwhile. */
  private async startAgain(command: ServerCommand): Promise<StartResult> {
    const binDir = await embeddedBinaries(command.identity, this.copyFolders());
    return startServer({ ...command, binDir });
  }

  private openLog(): ServerLog {
    try {
      return new ServerLog(join(this.dataDir, 'server.log'), this.options.logLimitBytes ?? LOG_LIMIT_BYTES);
    } catch (error) {
      throw folderError(this.dataDir, error);
    }
  }

  private startUpkeep(log: ServerLog): void {
    this.upkeep = setInterval(() => {
      log.trim();
      void renewClaim(this.dataDir);
    }, UPKEEP_MS).unref();
  }

  private async release(): Promise<void> {
    if (this.upkeep) clearInterval(this.upkeep);
    this.command?.log.close();
    this.command = null;
    if (this.isOwner) await releaseDataDir(this.dataDir);
    this.isOwner = false;
  }
}

/** A shell waits on a pipe that closes when this process ends, even by SIGKILL, then stops the server. */
function endWithThisProcess(server: ChildProcess, identity: Identity): ChildProcess {
  const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$1"', 'sh', String(server.pid)], {
    cwd: '/',
    env: PROGRAM_ENVIRONMENT,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    ...identity,
  });
  watcher.on('error', () => undefined);
  watcher.unref();
  if (watcher.stdin instanceof Socket) watcher.stdin.unref();
  return watcher;
}
