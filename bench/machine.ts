import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../apps/gateway/test/harness.ts';

const PACKAGES = ['@nestjs/core', 'express', 'undici', 'typeorm', 'pg'] as const;

/** What the figures were taken on, in one line each. */
export function machine(): string[] {
  const [cpu] = cpus();
  const versions = PACKAGES.map((name) => `${name} ${versionOf(name)}`);
  return [
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`,
    `Node ${process.versions.node}, ${versions.join(', ')}`,
    'The measured process alone on core 0 (`taskset`); load, upstream and PostgreSQL together on core 1.',
  ];
}

function versionOf(name: string): string {
  const file = join(ROOT, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
