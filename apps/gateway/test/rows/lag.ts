import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, RawConnection, requestBytes } from '../harness.ts';

/** How long the gateway keeps others waiting while something is done to it. */
export interface Lag {
  readonly p99Ms: number;
  readonly maxMs: number;
}

const EVERY_MS = 4;
const PROBE = requestBytes({ target: '/health/liveliness' });

/** Asks for its liveness again and again on one connection while `work` runs. */
export async function lagDuring(gateway: Gateway, work: () => Promise<unknown>): Promise<Lag> {
  const connection = new RawConnection(gateway.port);
  const taken: number[] = [];
  const state = { working: true };
  const done = work().finally(() => (state.working = false));
  while (state.working && !connection.closed) {
    connection.received.length = 0;
    const startedAt = performance.now();
    connection.send(PROBE);
    await connection.waitFor(/healthy/, 5_000);
    taken.push(performance.now() - startedAt);
    await sleep(EVERY_MS);
  }
  await done;
  connection.destroy();
  const ordered = taken.sort((a, b) => a - b);
  return { p99Ms: at(ordered, 0.99), maxMs: ordered.at(-1) ?? 0 };
}

/** The value below which `share` of the ordered ones lie. */
export const at = (ordered: readonly number[], share: number): number =>
  ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? 0;

export const rounded = (value: number): number => Math.round(value * 10) / 10;
