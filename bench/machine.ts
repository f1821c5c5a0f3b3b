import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../apps/gateway/test/harness.ts';
import { perCent } from './report.ts';
import { median } from './statistics.ts';

const PACKAGES = ['@nestjs/core', 'express', 'undici', 'typeorm', 'pg'] as const;

/** What the figures were taken on, in one line each. */
export function machine(interference: readonly number[]): string[] {
  const [cpu] = cpus();
  const versions = PACKAGES.map((name) => `${name} ${versionOf(name)}`);
  return [
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`,
    `Node ${process.versions.node}, ${versions.join(', ')}`,
    'The measured process alone on core 0 (`taskset`); load, upstream and PostgreSQL together on core 1.',
    quietness(interference),
  ];
}

function versionOf(name: string): string {
  const file = join(ROOT, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

const QUIET_SHARE = 0.05;

/** Figures of a machine that has other work are for orientation, and say so. */
function quietness(interference: readonly number[]): string {
  if (interference.length === 0) return 'Nothing was measured on core 0.';
  const share = median(interference);
  const text = `Others used ${perCent(share)} of core 0 while it was measured (at most ${perCent(Math.max(...interference))}).`;
  return share <= QUIET_SHARE ? text : `${text} NOT A QUIET MACHINE: do not quote these figures.`;
}

const TICKS_PER_SECOND = 100;
/** Columns of /proc/stat that are not work: idle and iowait. */
const IDLE_COLUMNS = new Set([3, 4]);

/** Seconds that a core has worked since the boot, for whomever, time stolen by the host included. */
export function busySeconds(core: number): number {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`cpu${core} `));
  const columns = (line ?? '').split(/\s+/).slice(1, 9).map(Number);
  return columns.reduce((sum, ticks, i) => sum + (IDLE_COLUMNS.has(i) ? 0 : ticks), 0) / TICKS_PER_SECOND;
}
