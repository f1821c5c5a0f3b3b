import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Gateway } from '../harness.ts';

/** How long the gateway keeps others waiting while something is done to it. */
export interface Lag {
  readonly count: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Probes the gateway from another thread while `work` runs, so that the work of this one does not count. */
export async function lagDuring(
  gateway: Gateway,
  work: () => Promise<unknown>,
  path = '/health/liveliness',
): Promise<Lag> {
  const worker = new Worker(join(import.meta.dirname, 'lag-worker.ts'), {
    workerData: { port: gateway.port, path },
  });
  await once(worker, 'message');
  await work();
  worker.postMessage('stop');
  const [taken] = (await once(worker, 'message')) as [number[]];
  await worker.terminate();
  const ordered = taken.sort((a, b) => a - b);
  return {
    count: ordered.length,
    p99Ms: percentile(ordered, 0.99),
    p999Ms: percentile(ordered, 0.999),
    maxMs: ordered.at(-1) ?? 0,
  };
}

/** The value below which `share` of the ordered ones lie; 0 where there are none. */
export const percentile = (ordered: readonly number[], share: number): number =>
  ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? 0;

export const rounded = (value: number): number => Math.round(value * 10) / 10;
