import { join } from 'node:path';
import { requireBuild, ROOT } from '../harness/sandbox.ts';

/** A reader that is fed with bytes nobody would send on purpose, and what must hold whatever comes. */
export interface Target {
  readonly name: string;
  /** Where the search begins; the kept corpus comes on top. */
  readonly seeds: readonly string[];
  /** Words of the format, which chance alone would not find. */
  readonly words: readonly string[];
  /** Every input is cut to so many bytes. */
  readonly maxBytes: number;
  /** Reads the bytes. @throws Error that says what did not hold */
  run(input: Buffer): Promise<void> | void;
}

/** A module of the build: what is fuzzed is what ships. */
export async function built<T>(path: string): Promise<T> {
  const file = join(ROOT, 'dist', path);
  requireBuild(file);
  return (await import(file)) as T;
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** The pieces in which a network might deliver the bytes; the same for the same bytes. */
export function cut(bytes: Buffer, longest: number): Buffer[] {
  const pieces: Buffer[] = [];
  let state = bytes.length;
  for (let at = 0; at < bytes.length;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345 + (bytes[at] ?? 0)) >>> 0;
    const length = 1 + ((state >>> 16) % longest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
