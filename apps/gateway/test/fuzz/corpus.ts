import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'corpus');

const folderOf = (target: string): string => join(FOLDER, target);

/** The inputs that are kept for a target, small ones first. */
export function readCorpus(target: string): Buffer[] {
  const folder = folderOf(target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name)))
    .sort((a, b) => a.length - b.length);
}

/** Replaces what is kept. */
export function writeCorpus(target: string, inputs: readonly Buffer[]): void {
  const folder = folderOf(target);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const input of inputs) writeFileSync(join(folder, nameOf(input)), input);
}

const nameOf = (input: Buffer): string =>
  `${createHash('sha256').update(input).digest('hex').slice(0, 12)}.bin`;
