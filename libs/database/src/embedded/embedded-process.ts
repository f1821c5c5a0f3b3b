import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataDirArgument, type Identity } from './embedded-identity.js';
import { PROGRAM_ENVIRONMENT } from './run-program.js';

/** What one server process is started with. */
export interface ServerCommand {
  readonly binDir: string;
  readonly clusterDir: string;
  readonly port: number;
  readonly identity: Identity;
  readonly flags: Readonly<Record<string, string>>;
  readonly log: ServerLog;
}

const READY_POLL_MS = 4;

/** A server that answered "ready", or the last words of one that did not. */
export type StartResult = { readonly child: ChildProcess } | { readonly failure: string };

/** Starts the server in a process group of its own, so that Ctrl-C in the terminal does not reach it first. */
export async function startServer(command: ServerCommand): Promise<StartResult> {
  const logStart = command.log.size;
  const child = spawn(join(command.binDir, 'postgres'), serverArguments(command), {
    cwd: command.clusterDir,
    env: PROGRAM_ENVIRONMENT,
    stdio: ['ignore', command.log.descriptor, command.log.descriptor],
    detached: true,
    ...command.identity,
  });
  const spawnErrors: string[] = [];
  child.on('error', (error) => spawnErrors.push(error.message));
  for (;;) {
    if (spawnErrors[0] !== undefined) return { failure: spawnErrors[0] };
    if (child.exitCode !== null || child.signalCode !== null) {
      return { failure: await command.log.textSince(logStart) };
    }
    if (await isReady(command.clusterDir, child.pid)) return { child };
    await sleep(READY_POLL_MS);
  }
}

function serverArguments({ clusterDir, port, identity, flags }: ServerCommand): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A client that gave up must not leave its statement running.
    client_connection_check_interval: '1s',
    ...flags,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', dataDirArgument(clusterDir, identity), '-p', String(port), ...options];
}

/** The server writes its state into line 8 of its lock file. */
async function isReady(clusterDir: string, pid: number | undefined): Promise<boolean> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/** A free port on loopback. Another process may take it before the server does: callers try again. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** The server writes to the file itself, so its words survive ours; we only keep the file small. */
export class ServerLog {
  readonly descriptor: number;

  constructor(
    private readonly path: string,
    private readonly limitBytes: number,
  ) {
    this.descriptor = openSync(path, 'a', 0o600);
    this.trim();
  }

  get size(): number {
    return fstatSync(this.descriptor).size;
  }

  /** Empties the file when it has outgrown its limit; appending continues at the new end. */
  trim(): void {
    if (this.size > this.limitBytes) ftruncateSync(this.descriptor);
  }

  async textSince(offset: number): Promise<string> {
    const file = await open(this.path, 'r');
    try {
      const buffer = Buffer.alloc(Math.max(0, this.size - offset));
      await file.read(buffer, 0, buffer.length, offset);
      return buffer.toString('utf8');
    } finally {
      await file.close();
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
