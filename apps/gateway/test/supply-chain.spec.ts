import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const manifest = readJson('package.json') as Manifest;
const lock = readJson('package-lock.json') as { readonly packages: Readonly<Record<string, Locked>> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');
const production = locked.filter(([, { dev, devOptional }]) => !dev && !devOptional);

const MOST_DIRECT = 36;
const MOST_IN_ALL = 230;
const PERMISSIVE = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense']);

/** Those that say it in their Readme alone. */
const READ_BY_HAND: Readonly<Record<string, string>> = { 'node_modules/pause': 'MIT' };

/** Older packages say it in their own package.json only. */
function licenceOf(path: string, { license }: Locked): string {
  if (license) return license;
  const own = readJson(`${path}/package.json`) as { licenses?: readonly { readonly type: string }[] };
  return own.licenses?.[0]?.type ?? READ_BY_HAND[path] ?? 'unknown';
}

describe('what is installed', () => {
  test('is named by exact versions', () => {
    const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;
    const wanted = Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
      ...overrides,
    });
    expect(
      wanted.filter(([, version]) => !/^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)),
    ).toEqual([]);
  });

  test('is known by its bytes, and comes from wherever the machine’s own settings say', () => {
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
    expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  test('runs nothing while it is installed, and has been looked at by others for a week', () => {
    const settings = readFileSync('.npmrc', 'utf8').trim().split('\n');
    expect(settings).toEqual(
      expect.arrayContaining(['ignore-scripts=true', 'save-exact=true', 'min-release-age=7']),
    );
    expect(
      Object.keys(manifest.scripts).filter((name) => /^(?:pre|post)?(?:install|prepare)$/.test(name)),
    ).toEqual([]);
  });

  test('is little', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(MOST_DIRECT);
    expect(production.length).toBeLessThanOrEqual(MOST_IN_ALL);
  });

  test('may be used and passed on by everybody', () => {
    const others = production.map(([path, entry]) => [path, licenceOf(path, entry)] as const);
    expect(others.filter(([, licence]) => !PERMISSIVE.has(licence))).toEqual([]);
  });
});

describe('what runs', () => {
  const sources = globSync('{apps/gateway/src,libs,migrations}/**/*.ts').filter(
    (path) => !/\.spec\.ts$|\/testing\.ts$/.test(path),
  );
  const having = (pattern: RegExp): string[] =>
    sources
      .filter((path) => pattern.test(readFileSync(path, 'utf8')))
      .map((path) => path.replace(/[^/]+$/, ''));

  test('starts other programs only for the embedded database, the workers, the demo and its stand-ins', () => {
    expect([...new Set(having(/node:child_process|node:cluster/))].sort()).toEqual([
      'apps/gateway/src/commands/',
      'apps/gateway/src/workers/',
      'libs/database/src/embedded/',
    ]);
  });

  test('never makes code out of text', () => {
    expect(having(/node:vm\b|\beval\(|\bnew Function\b|Handlebars\.compile|from 'handlebars'(?!;)/)).toEqual(
      [],
    );
    // The type alone; what runs is the runtime, which has no compiler.
    expect(having(/^import (?!type)[^;]* from 'handlebars';/m)).toEqual([]);
  });

  test('imports no module that data could name', () => {
    const dynamic = sources.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/\bimport\((?!'\.\.?\/)[^)]*/g)].map(
        ([found]) => `${path}: ${found}`,
      ),
    );
    expect(dynamic).toEqual([
      expect.stringContaining("libs/ui/src/views.ts: import(new URL('templates.mjs'"),
    ]);
  });
});
