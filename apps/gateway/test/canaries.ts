/**
 * `npm run test:canaries [-- langfuse]`: the suites from outside, or those whose path holds a word. Each gateway is looked
 * through for secrets at its end whoever runs them; this one tells what that was: one JSON line for each suite, then a
 * sum. Ends with 1 where a secret was found or a suite failed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT } from './harness.ts';

/** Its gateway tells its secrets, which are found. */
const PROOF = 'apps/gateway/test/canaries.e2e.spec.ts';

interface Line {
  readonly suite: string;
  readonly secrets: number;
  readonly leftOut: readonly string[];
  readonly artefacts: Readonly<Record<string, number>>;
  readonly databasesAway?: number;
  readonly bytes: number;
  readonly ms: number;
  readonly hits: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), 'gateway-canaries-'));
const file = join(folder, 'report');
writeFileSync(file, '');
const jest = ['--experimental-vm-modules', '--no-warnings', join(ROOT, 'node_modules/jest/bin/jest.js')];
const words = process.argv.length > 2 ? process.argv.slice(2) : ['e2e'];
const { status } = spawnSync(process.execPath, [...jest, '--silent', ...words], {
  cwd: ROOT,
  env: { ...process.env, CANARIES_FILE: file },
  stdio: ['ignore', 2, 2],
});
const lines = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Line)
  .filter(({ suite }) => relative(ROOT, suite) !== PROOF);
rmSync(folder, { recursive: true });

/** What several gateways of one suite, or all suites, come to. */
function sumOf(all: readonly Line[]): object {
  const artefacts: Record<string, number> = {};
  for (const line of all)
    for (const [kind, count] of Object.entries(line.artefacts))
      artefacts[kind] = (artefacts[kind] ?? 0) + count;
  const total = (of: (line: Line) => number): number => all.reduce((sum, line) => sum + of(line), 0);
  return {
    gateways: all.filter(({ artefacts }) => artefacts['log'] !== undefined).length,
    secrets: Math.max(0, ...all.map(({ secrets }) => secrets)),
    leftOut: [...new Set(all.flatMap(({ leftOut }) => leftOut))],
    artefacts,
    databasesAway: total(({ databasesAway = 0 }) => databasesAway),
    bytes: total(({ bytes }) => bytes),
    ms: total(({ ms }) => ms),
    hits: all.flatMap(({ hits }) => hits),
  };
}

const suites = Map.groupBy(lines, ({ suite }) => relative(ROOT, suite));
for (const [suite, all] of suites) process.stdout.write(`${JSON.stringify({ suite, ...sumOf(all) })}\n`);
process.stdout.write(`${JSON.stringify({ totals: { suites: suites.size, ...sumOf(lines) } })}\n`);
process.exit(status === 0 && lines.length > 0 && lines.every(({ hits }) => hits.length === 0) ? 0 : 1);
