import { Logger } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Outcome } from '@app/call';
import { type QueueLimits, TraceQueue } from './trace-queue.js';

/** How the receiver took a batch. */
export type SendResult =
  /** Taken, but for `refused` of them. */
  | { readonly kind: 'taken'; readonly refused: number }
  /** Not now: unreachable, overloaded, not let in. `afterMs` is its own wish. */
  | { readonly kind: 'later'; readonly afterMs: number | null; readonly cause: string }
  /** Not like this: too large, or something in it is wrong. */
  | { readonly kind: 'refused'; readonly cause: string };

/** One protocol to one receiver. */
export interface TraceTransport<T = unknown> {
  /** Makes what is sent; once for each outcome, so that every try carries the same ids. */
  prepare(outcome: Outcome): T | Promise<T>;
  /** Never throws. */
  send(batch: readonly T[]): Promise<SendResult>;
}

const QUEUE: QueueLimits = { events: 2_000, bytes: 32 * 1024 * 1024 };
const BATCH: QueueLimits = { events: 50, bytes: 1024 * 1024 };
/** Made in one turn of the event loop. */
const SLICE = 4;
/** Between two batches of a full queue: at most 1,000 traces a second, so that telemetry never takes the core. */
const PACE_MS = 50;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
/** A receiver that refuses the first single ones of a batch will refuse the others too. */
const MAX_SINGLE_REFUSALS = 3;
const SHUTDOWN_MS = 5_000;
const LOG_EVERY_MS = 60_000;

/**
 * Brings outcomes to one receiver, from a bounded queue, in batches, one at a time. What cannot be delivered now
 * is tried again with growing pauses; while it fails, the oldest that wait are dropped and counted.
 */
export class Delivery {
  readonly queue = new TraceQueue(QUEUE);
  readonly #logger = new Logger('Telemetry');
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #batch: unknown[] = [];
  /** Taken with the batch, but could not be made. */
  #unmade = 0;
  #failures = 0;
  #loggedAtMs = -Infinity;
  #isEnding = false;

  constructor(
    readonly name: string,
    private readonly transport: TraceTransport,
    private readonly flushIntervalMs: number,
  ) {}

  accept(outcome: Outcome): void {
    if (this.#isEnding) {
      this.queue.counts.accepted++;
      this.queue.counts.shutdown++;
      return;
    }
    this.queue.push(outcome);
    if (this.#timer === undefined && this.#running === null) this.#arm(this.flushIntervalMs);
  }

  /** Delivers what is left, for 5 s at most; the rest is counted as lost. */
  async end(): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const deadline = Promise.withResolvers<undefined>();
    const timer = setTimeout(deadline.resolve, SHUTDOWN_MS, undefined);
    await Promise.race([this.#deliverAll(), deadline.promise]);
    clearTimeout(timer);
    const lost = this.queue.size;
    this.queue.clear();
    if (lost > 0) this.#logger.warn(`${this.name}: ${lost} traces could not be delivered before the end`);
  }

  async #deliverAll(): Promise<void> {
    await this.#running;
    while (this.queue.size > 0 && (await this.#deliverOne()) === 0);
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#running = this.#turn();
    }, ms);
    this.#timer.unref();
  }

  async #turn(): Promise<void> {
    const retryMs = await this.#deliverOne();
    this.#running = null;
    if (this.#isEnding || this.queue.size === 0) return;
    const isFull = this.queue.waiting >= BATCH.events;
    this.#arm(retryMs > 0 ? retryMs : isFull ? PACE_MS : this.flushIntervalMs);
  }

  /** @returns 0, or the pause before the next try */
  async #deliverOne(): Promise<number> {
    if (this.#batch.length === 0) await this.#fill();
    if (this.#batch.length === 0) return 0;
    const result = await this.#send(this.#batch);
    if (result.kind === 'later') {
      const ownMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
      this.#report(result.cause);
      return Math.max(ownMs * (0.75 + Math.random() / 2), Math.min(result.afterMs ?? 0, LAST_RETRY_MS));
    }
    this.#failures = 0;
    const refused = result.kind === 'taken' ? result.refused : await this.#sendSingly(result.cause);
    this.queue.settle(this.#batch.length - refused, refused + this.#unmade);
    if (refused > 0) this.#report(`${refused} traces were refused`);
    this.#batch = [];
    return 0;
  }

  async #fill(): Promise<void> {
    const outcomes = this.queue.take(BATCH);
    this.#unmade = 0;
    for (let at = 0; at < outcomes.length; at++) {
      const outcome = outcomes[at];
      if (at % SLICE === SLICE - 1) await nextTurn();
      try {
        if (outcome) this.#batch.push(await this.transport.prepare(outcome));
      } catch (error) {
        this.#unmade++;
        this.#logger.error('A trace could not be made', error);
      }
    }
    if (this.#batch.length === 0) this.queue.settle(0, this.#unmade);
  }

  /** One bad trace makes some receivers refuse the batch: alone it harms nobody. */
  async #sendSingly(cause: string): Promise<number> {
    if (this.#batch.length === 1) return 1;
    this.#report(cause);
    let refused = 0;
    for (const [at, trace] of this.#batch.entries()) {
      const result = await this.#send([trace]);
      if (result.kind === 'taken') refused += result.refused;
      else refused++;
      if (refused === MAX_SINGLE_REFUSALS && at === MAX_SINGLE_REFUSALS - 1) return this.#batch.length;
    }
    return refused;
  }

  async #send(batch: readonly unknown[]): Promise<SendResult> {
    try {
      return await this.transport.send(batch);
    } catch (error) {
      return { kind: 'later', afterMs: null, cause: error instanceof Error ? error.name : 'unknown' };
    }
  }

  #report(cause: string): void {
    const now = performance.now();
    if (now - this.#loggedAtMs < LOG_EVERY_MS) return;
    this.#loggedAtMs = now;
    const { full, refused } = this.queue.counts;
    this.#logger.warn({
      message: `${this.name}: ${cause}`,
      waiting: this.queue.size,
      dropped: full + refused,
    });
  }
}
