import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './sandbox.ts';

/** An earlier version of the gateway, built from the history of the repository. */
export interface EarlierVersion {
  readonly revision: string;
  /** Its `main.js`. */
  readonly main: string;
  /** Migrations that it does not know. */
  readonly migrationsSince: number;
  forget(): void;
}

/**
 * Builds the last tag, or the version before the newest migration; `revision` names another one. Null with the reason where
 * the history is not there.
 */
export function buildEarlier(revision?: string): EarlierVersion | { readonly reason: string } {
  const from = revision ?? lastTag() ?? beforeNewestMigration();
  if (from === null) return { reason: 'the history of the repository is not here: a shallow clone, or none' };
  const folder = mkdtempSync(join(tmpdir(), 'gateway-earlier-'));
  const forget = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('sh', ['-c', 'git archive "$1" | tar -x -C "$2"', 'sh', from, folder], { cwd: ROOT });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    execFileSync('npm', ['run', 'build', '--silent'], { cwd: folder, stdio: 'ignore' });
    const main = join(folder, 'dist/apps/gateway/src/main.js');
    if (!existsSync(main)) throw new Error(`${from} has no gateway`);
    const changed = git(['diff', '--name-only', '--diff-filter=A', from, 'HEAD', '--', 'migrations']) ?? '';
    const migrationsSince = changed.split('\n').filter((path) => /\/\d+-.*\.ts$/.test(path)).length;
    return { revision: (git(['rev-parse', '--short', from]) ?? from).trim(), main, migrationsSince, forget };
  } catch (error) {
    forget();
    throw error;
  }
}

function lastTag(): string | null {
  return git(['describe', '--tags', '--abbrev=0', 'HEAD'])?.trim() ?? null;
}

function beforeNewestMigration(): string | null {
  const newest = git(['log', '-1', '--format=%H', '--', 'migrations/index.ts'])?.trim();
  if (!newest) return null;
  return git(['rev-parse', '--verify', '--quiet', `${newest}^`])?.trim() ?? null;
}

function git(args: readonly string[]): string | null {
  const { status, stdout } = spawnSync('git', [...args], { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout : null;
}
