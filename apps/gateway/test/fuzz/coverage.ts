import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../harness/sandbox.ts';

const OURS = pathToFileURL(join(ROOT, 'dist/libs/')).href;

/** Which characters of the built libs have run: by file, 1 for each that has. */
export type Reached = ReadonlyMap<string, Uint8Array>;

/** Characters that nothing had reached before. */
export interface Stretch {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** What has run of the built libs, by V8's own count of blocks. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Map<string, Uint8Array>();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What has run since the last look. It takes tens of milliseconds, whatever has run. */
  async take(): Promise<Reached> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const reached = new Map<string, Uint8Array>();
    for (const { url, functions } of result) {
      if (!url.startsWith(OURS)) continue;
      const ranges = functions.flatMap((one) => one.ranges);
      const marks = new Uint8Array(Math.max(0, ...ranges.map(({ endOffset }) => endOffset)));
      // The outer ones come first; what is inside counts for itself.
      for (const { count, startOffset, endOffset } of ranges)
        marks.fill(count > 0 ? 1 : 0, startOffset, endOffset);
      reached.set(url.slice(OURS.length), marks);
    }
    return reached;
  }

  unseen(reached: Reached): Stretch[] {
    const fresh: Stretch[] = [];
    for (const [file, marks] of reached) {
      const seen = this.#seen.get(file);
      for (let at = 0; at < marks.length; at += 1) {
        const from = at;
        while (at < marks.length && marks[at] === 1 && seen?.[at] !== 1) at += 1;
        if (at > from) fresh.push({ file, from, to: at });
      }
    }
    return fresh;
  }

  remember(reached: Reached): void {
    for (const [file, marks] of reached) {
      const known = this.#seen.get(file);
      const seen = new Uint8Array(Math.max(marks.length, known?.length ?? 0));
      if (known) seen.set(known);
      marks.forEach((mark, at) => (seen[at] = (seen[at] ?? 0) | mark));
      this.#seen.set(file, seen);
    }
  }

  /** Characters that anything has reached. */
  get size(): number {
    return [...this.#seen.values()].reduce(
      (sum, marks) => sum + marks.reduce((count, mark) => count + mark, 0),
      0,
    );
  }

  stop(): void {
    this.#session.disconnect();
  }
}

/** Whether all of these characters have run. */
export const covers = (reached: Reached, stretches: readonly Stretch[]): boolean =>
  stretches.every(
    ({ file, from, to }) =>
      reached
        .get(file)
        ?.subarray(from, to)
        .every((mark) => mark === 1) === true,
  );
