import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Another gateway, installed in a scratch folder and started on one core. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  /** How it was set up, where that matters to whoever reads the figures. */
  readonly note: string;
  readonly port: number;
  readonly pid: number;
  readonly path: string;
  readonly key: string | null;
  /** What its clients have to say beside the usual. */
  readonly headers: readonly string[];
  stop(): Promise<void>;
}

export interface PeerSetting {
  /** Where the stand-in of the models listens. */
  readonly upstream: string;
  readonly core: number;
}

const INSTALL_MS = 15 * 60_000;

/** Kept between runs, so that only the first one downloads. */
export function scratchFolder(name: string): string {
  const folder = join(tmpdir(), 'gateway-bench-peers', name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** @throws Error with the last words of the program */
export function install(folder: string, program: string, args: readonly string[]): string {
  return execFileSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: INSTALL_MS,
  });
}

/** Waits until it answers at all. */
export async function whenUp(port: number, path: string, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
    await answer?.body?.cancel();
    if (answer) return;
    if (performance.now() > deadline) throw new Error(`nothing answers at port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
