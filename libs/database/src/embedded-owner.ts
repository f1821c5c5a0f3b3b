import { readFileSync } from 'node:fs';
import { readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseStartError, folderError } from './database-start.error.js';

const OWNER_FILE = 'owner';
const FAST_STOP_MS = 10_000;
const START_TIME_FIELD = 19;
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
    const owner = await readFile(file, 'utf8').catch(() => '');
    const pid = Number.parseInt(owner, 10);
    if (pid > 0 && isAlive(pid) && (await markOf(pid)) === owner) {
      throw new DatabaseStartError(
        `The embedded database in ${dataDir} is in use by process ${pid}; stop it or choose another folder.`,
      );
    }
    await rm(file, { force: true });
  }
}

export async function releaseDataDir(dataDir: string): Promise<void> {
  await rm(join(dataDir, OWNER_FILE), { force: true }).catch(() => undefined);
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

/** Fields 3 and later of proc(5)'s stat; none where there is no /proc. */
function statusFields(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** Process ids are reused, most of all in containers: the start time tells two processes apart. */
async function markOf(pid: number): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${pid} ${statusFields(pid)[START_TIME_FIELD] ?? ''} ${boot.trim()}`;
}
