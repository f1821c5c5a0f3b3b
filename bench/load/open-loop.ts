import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, sorted } from '../statistics.ts';
import { Connection, dealt, type Listener } from './connection.ts';

export interface Latencies {
  readonly requests: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the answers that were no success. */
  readonly failedP99Ms: number;
}

const CONNECTIONS = 64;

/**
 * Requests at a rate of their own, whether the server keeps up or not: arrivals are random (Poisson), and
 * the clock of a request that finds no free connection runs from when it was due.
 */
export class OpenLoop implements Listener {
  readonly #free: Connection[] = [];
  readonly #all: Connection[] = [];
  readonly #waiting: number[] = [];
  readonly #random: () => number;
  #taken: number[] = [];
  #failed: number[] = [];
  #failures = 0;
  #ending = false;

  /** @param requests one, or many that are sent in turn */
  constructor(port: number, requests: Buffer | readonly Buffer[], seed: number, connections = CONNECTIONS) {
    this.#random = randomFrom(seed);
    for (const own of dealt(requests, connections)) this.#all.push(new Connection(port, own, this));
    this.#free.push(...this.#all);
  }

  /** Sends `perSecond` requests a second for `ms`; the first `warmUpMs` are not counted. */
  async run(perSecond: number, ms: number, warmUpMs: number): Promise<Latencies> {
    const startedAt = performance.now();
    let due = startedAt;
    let warm = false;
    for (let now = startedAt; now < startedAt + ms + warmUpMs; now = performance.now()) {
      if (!warm && now > startedAt + warmUpMs) {
        warm = true;
        this.#taken = [];
        this.#failed = [];
        this.#failures = 0;
      }
      for (; due <= now; due -= (Math.log(1 - this.#random()) * 1000) / perSecond) this.#send(now);
      await sleep(1);
    }
    await this.#stop();
    const values = sorted(this.#taken);
    return {
      requests: values.length,
      failures: this.#failures,
      p50Ms: percentile(values, 0.5),
      p99Ms: percentile(values, 0.99),
      failedP99Ms: percentile(sorted(this.#failed), 0.99),
    };
  }

  #send(now: number): void {
    // In turns: a connection that has sent nothing for too long is cut.
    const connection = this.#free.shift();
    if (!connection) {
      this.#waiting.push(now);
      return;
    }
    connection.startedAt = performance.now();
    connection.send();
  }

  done(connection: Connection, ok: boolean): void {
    const taken = ok ? this.#taken : this.#failed;
    taken.push(performance.now() - connection.startedAt);
    if (!ok) this.#failures += 1;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#free.push(connection);
      return;
    }
    connection.startedAt = waiting;
    connection.send();
  }

  broken(): void {
    if (!this.#ending) this.#failures += 1;
  }

  async #stop(): Promise<void> {
    const deadline = performance.now() + 2_000;
    while (this.#free.length < this.#all.length && performance.now() < deadline) await sleep(5);
    this.#ending = true;
    for (const connection of this.#all) connection.socket.destroy();
  }
}

/** Mulberry32: small, seeded, good enough to space arrivals. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
