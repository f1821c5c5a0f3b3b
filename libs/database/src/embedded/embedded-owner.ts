import { readFileSync } from 'node:fs';
import { readFile, readlink, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseStartError, folderError } from '../database-start.error.js';

const OWNER_FILE = 'owner';
const FAST_STOP_MS = 10_000;
const START_TIME_FIELD = 19;

/** Three times the renewal of EmbeddedPostgres, and one more for a slow disk. */
const CLAIM_LIFETIME_MS = 12_000;

const IMMEDIATE_STOP_MS = 5_000;

/**
 * Marks `dataDir` as used by this process. The mark of a process that is gone is replaced; one of a
 * living process is a DatabaseStartError.
 */
export async function claimDataDir(dataDir: string): Promise<void> {
  const file = join(dataDir, OWNER_FILE);
  const mark = await markOf(process.pid);
  for (;;) {
    try {
      await writeFile(file, mark, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw folderError(dataDir, error);
    }
    const owner = await livingOwner(file);
    if (owner !== null) {
      throw new DatabaseStartError(
        `The embedded database in ${dataDir} is in use by ${owner}; stop it or choose another folder.`,
      );
    }
    await rm(file, { force: true });
  }
}

/** Shows other containers that the owner lives: they cannot see its process. */
export async function renewClaim(dataDir: string): Promise<void> {
  const now = new Date();
  await utimes(join(dataDir, OWNER_FILE), now, now).catch(() => undefined);
}

export async function releaseDataDir(dataDir: string): Promise<void> {
  await rm(join(dataDir, OWNER_FILE), { force: true }).catch(() => undefined);
}

async function livingOwner(file: string): Promise<string | null> {
  const mark = await readFile(file, 'utf8').catch(() => '');
  const pid = Number.parseInt(mark, 10);
  const [world, ownWorld] = [mark, await markOf(process.pid)].map((text) =>
    text.split(' ').slice(2).join(' '),
  );
  if (world === ownWorld) return isAlive(pid) && (await markOf(pid)) === mark ? `process ${pid}` : null;
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs < CLAIM_LIFETIME_MS ? 'another container' : null;
}

/** Stops a server that a crashed process left on this cluster. */
export async function stopLeftover(clusterDir: string): Promise<void> {
  const pid = await serverPid(clusterDir);
  if (pid !== null) await stopServer(pid);
}

/** Fast shutdown (clients are disconnected, data is flushed), then harsher until the process is gone. */
export async function stopServer(pid: number): Promise<void> {
  const steps = [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', IMMEDIATE_STOP_MS],
    ['SIGKILL', IMMEDIATE_STOP_MS],
  ] as const;
  for (const [signal, patienceMs] of steps) {
    if (!kill(pid, signal)) return;
    if (await isGoneWithin(pid, patienceMs)) return;
  }
}

async function serverPid(clusterDir: string): Promise<number | null> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0) || !isAlive(pid)) return null;
  if (process.platform !== 'linux') return pid;
  // The number may belong to another program by now: the server stands in its data folder.
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  return folder === (await realpath(clusterDir)) ? pid : null;
}

async function isGoneWithin(pid: number, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    if (!isAlive(pid)) return true;
    await sleep(5);
  }
  return false;
}

function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** A process of another user is alive too; one that has ended and waits to be reaped is not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return statusFields(pid)[0] !== 'Z';
}

/** When a process began, in ticks since the boot; empty where that is not known. */
export function startTimeOf(pid: number): string {
  return statusFields(pid)[START_TIME_FIELD] ?? '';
}

/** Fields 3 and later of proc(5)'s stat; none where there is no /proc. */
function statusFields(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/**
 * Process id, start time, and the world in which the two mean something: the boot of the machine
 * and the container. Process ids are reused, most of all in containers.
 */
async function markOf(pid: number): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const container = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${pid} ${startTimeOf(pid)} ${boot.trim()} ${container}`;
}
