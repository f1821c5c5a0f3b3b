import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

function newestSegment(folder: string): string | null {
  const names = readdirSync(folder).filter((name) => name.endsWith('.journal'));
  const newest = names.toSorted((one, other) => sequenceOf(one) - sequenceOf(other)).at(-1);
  return newest === undefined ? null : join(folder, newest);
}

const sequenceOf = (name: string): number => Number(/\.(\d+)\.journal$/.exec(name)?.[1] ?? 0);

/** Half a line at the end, as a process leaves it that dies while it writes. */
export function tear(folder: string): boolean {
  const path = newestSegment(folder);
  if (path === null) return false;
  appendFileSync(path, 'E{"id":"01a20a92-3846-7745-9e67-0000000');
  return true;
}

/** One bit somewhere is no longer what was written. */
export function flipBit(folder: string, random: () => number): boolean {
  const path = newestSegment(folder);
  if (path === null) return false;
  const bytes = readFileSync(path);
  if (bytes.length === 0) return false;
  const at = Math.floor(random() * bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  writeFileSync(path, bytes);
  return true;
}
