import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { percentile, sorted } from '../statistics.ts';
import { Connection, type Listener } from './connection.ts';
import { type Latencies } from './open-loop.ts';

interface CrowdOptions {
  readonly port: number;
  readonly request: Uint8Array;
  readonly count: number;
  readonly ms: number;
  /** At the beginning; not counted. */
  readonly warmUpMs: number;
}

/**
 * Clients that heed nothing: each asks again as soon as it has its answer, whatever that was. They have a thread of
 * their own, so that who is measured beside them does not wait for their turn. The clock of a request runs from when it
 * was sent.
 */
export async function crowd(options: CrowdOptions): Promise<Latencies> {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  const [result] = (await once(worker, 'message')) as [Latencies];
  await worker.terminate();
  return result;
}

class Crowd implements Listener {
  readonly #connections: Connection[] = [];
  #taken: number[] = [];
  #failed: number[] = [];
  #broken = 0;
  #ending = false;

  constructor({ port, request, count }: CrowdOptions) {
    const bytes = Buffer.from(request);
    for (let i = 0; i < count; i += 1) this.#connections.push(new Connection(port, [bytes], this));
  }

  async run({ ms, warmUpMs }: CrowdOptions): Promise<Latencies> {
    for (const connection of this.#connections) this.#ask(connection);
    await sleep(warmUpMs);
    [this.#taken, this.#failed, this.#broken] = [[], [], 0];
    await sleep(ms);
    const [taken, failed] = [sorted(this.#taken), sorted(this.#failed)];
    this.#ending = true;
    for (const { socket } of this.#connections) socket.destroy();
    return {
      requests: taken.length,
      failures: failed.length + this.#broken,
      p50Ms: percentile(taken, 0.5),
      p99Ms: percentile(taken, 0.99),
      failedP99Ms: percentile(failed, 0.99),
    };
  }

  #ask(connection: Connection): void {
    connection.startedAt = performance.now();
    connection.send();
  }

  done(connection: Connection, ok: boolean): void {
    (ok ? this.#taken : this.#failed).push(performance.now() - connection.startedAt);
    if (!this.#ending) this.#ask(connection);
  }

  broken(): void {
    if (!this.#ending) this.#broken += 1;
  }
}

if (!isMainThread) {
  const options = workerData as CrowdOptions;
  parentPort?.postMessage(await new Crowd(options).run(options));
}
