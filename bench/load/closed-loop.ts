import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, dealt, type Listener } from './connection.ts';

export interface ClosedLoopResult {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  readonly perSecond: number;
}

/** As many requests as the server answers: each connection sends its next one when it has its answer. */
export class ClosedLoop implements Listener {
  #requests = 0;
  #failures = 0;
  #ending = false;
  readonly #connections: Connection[] = [];

  /** @param requests one, or many that are sent in turn */
  constructor(port: number, requests: Buffer | readonly Buffer[], count: number) {
    for (const own of dealt(requests, count)) this.#connections.push(new Connection(port, own, this));
  }

  start(): void {
    for (const connection of this.#connections) connection.send();
  }

  done(connection: Connection, ok: boolean): void {
    this.#requests += 1;
    if (!ok) this.#failures += 1;
    if (!this.#ending) connection.send();
  }

  broken(): void {
    if (!this.#ending) this.#failures += 1;
  }

  /** Counts what is answered during the next `ms`. */
  async measure(ms: number): Promise<ClosedLoopResult> {
    const [requests, failures, startedAt] = [this.#requests, this.#failures, performance.now()];
    await sleep(ms);
    const seconds = (performance.now() - startedAt) / 1000;
    const answered = this.#requests - requests;
    return {
      requests: answered,
      failures: this.#failures - failures,
      seconds,
      perSecond: answered / seconds,
    };
  }

  /** Requests answered since the start. */
  get answered(): number {
    return this.#requests;
  }

  /** Lets the requests in flight end, then closes. */
  async stop(): Promise<void> {
    this.#ending = true;
    const deadline = performance.now() + 2_000;
    while (this.#connections.some((connection) => connection.busy) && performance.now() < deadline)
      await sleep(5);
    for (const connection of this.#connections) connection.socket.destroy();
  }
}
