import { randomBytes } from 'node:crypto';
import {
  access,
  chmod,
  chown,
  constants,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { folderError } from '../database-start.error.js';
import { dataDirArgument, type Identity } from './embedded-identity.js';
import { runProgram } from './run-program.js';

/** A data folder that is ready to be served. */
export interface Cluster {
  readonly folder: string;
  readonly password: string;
  /** Made just now, and not yet flushed to the disk. */
  readonly isNew: boolean;
}

const PASSWORD_FILE = 'password';

/** Makes the cluster below `dataDir` on first use; an interrupted attempt leaves nothing in the way. */
export async function openCluster(dataDir: string, binDir: string, identity: Identity): Promise<Cluster> {
  const folder = join(dataDir, 'cluster');
  try {
    const isNew = !(await stat(join(folder, 'PG_VERSION')).catch(() => null));
    if (isNew) await createCluster(dataDir, binDir, identity);
    return { folder, isNew, password: (await readFile(join(dataDir, PASSWORD_FILE), 'utf8')).trim() };
  } catch (error) {
    throw folderError(dataDir, error);
  }
}

/** Makes `dataDir` itself, for the user that will serve it. */
export async function makeDataDir(dataDir: string, identity: Identity): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    await chmod(dataDir, 0o700);
    await give(dataDir, identity);
  } catch (error) {
    throw folderError(dataDir, await reasonBehind(dataDir, error));
  }
}

/** Making several folders at once fails with ENOENT where the file system is read-only: the nearest folder knows better. */
async function reasonBehind(folder: string, error: unknown): Promise<unknown> {
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    if (!(await stat(parent).catch(() => null)) && parent !== dirname(parent)) continue;
    return access(parent, constants.W_OK).then(
      () => error,
      (reason: unknown) => reason,
    );
  }
}

/** Flushes a new cluster to the disk. It may be in use meanwhile: the first start need not wait for the disk. */
export async function flushCluster(cluster: Cluster, binDir: string, identity: Identity): Promise<void> {
  const dataDir = dataDirArgument(cluster.folder, identity);
  await runProgram(join(binDir, 'initdb'), ['--sync-only', `--pgdata=${dataDir}`], identity, cluster.folder);
}

async function createCluster(dataDir: string, binDir: string, identity: Identity): Promise<void> {
  const drafts = (await readdir(dataDir)).filter((name) => name.startsWith('cluster.'));
  for (const name of drafts) await rm(join(dataDir, name), { recursive: true, force: true });
  const draft = join(dataDir, `cluster.${process.pid}`);
  await mkdir(draft, { mode: 0o700 });
  await give(draft, identity);
  const passwordFile = join(dataDir, PASSWORD_FILE);
  await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  await give(passwordFile, identity);
  await initialise(draft, binDir, identity);
  await rename(draft, join(dataDir, 'cluster'));
}

async function initialise(draft: string, binDir: string, identity: Identity): Promise<void> {
  const dataDir = dataDirArgument(draft, identity);
  const { exitCode, output } = await runProgram(
    join(binDir, 'initdb'),
    [
      `--pgdata=${dataDir}`,
      `--pwfile=${dataDir}/../${PASSWORD_FILE}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--locale=C',
      '--builtin-locale=C.UTF-8',
      '--no-sync',
      '--no-instructions',
    ],
    identity,
    draft,
  );
  if (exitCode !== 0) throw new Error(output);
}

async function give(path: string, identity: Identity): Promise<void> {
  if (identity) await chown(path, identity.uid, identity.gid);
}
