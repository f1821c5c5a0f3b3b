import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

const SAMPLE_MS = 50;
const ROUND_MS = 100;
/** Whatever is ready waits for its turn too long; once is a large body or a collection, for a while is too much work. */
const LATE_MS = 150;
const MOST_OF_HEAP = 0.85;

export interface Round {
  readonly ms: number;
  /** How late the loop was, the least of the looks in this round: once may be anything. */
  readonly lateMs: number;
  /** For how long it has been late by more than 150 ms at every look; 0 where it was in time at the last. */
  readonly lateForMs: number;
  /** Share of the round in which the loop had something to do. */
  readonly utilization: number;
  readonly isMemoryShort: boolean;
}

/** Watches how late the event loop is and how full the heap, as long as there is something to watch. */
export class LoadGauge {
  #timer: NodeJS.Timeout | undefined;
  #sampledAtMs = 0;
  #roundAtMs = 0;
  #lateSinceMs: number | null = null;
  #leastLateMs = Infinity;
  #utilizedBefore: EventLoopUtilization | undefined;

  /** @param onRound called about every 100 ms, later where the loop is late; false: nothing is to be watched until {@link wake} */
  constructor(private readonly onRound: (round: Round) => boolean) {}

  /** Begins to watch, unless it does already: costs nothing then. */
  wake(): void {
    if (this.#timer !== undefined) return;
    this.#sampledAtMs = this.#roundAtMs = performance.now();
    this.#lateSinceMs = null;
    this.#leastLateMs = Infinity;
    this.#utilizedBefore = performance.eventLoopUtilization();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();
  }

  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sample(): void {
    const now = performance.now();
    const lateMs = now - this.#sampledAtMs - SAMPLE_MS;
    this.#lateSinceMs = lateMs > LATE_MS ? (this.#lateSinceMs ?? now) : null;
    this.#leastLateMs = Math.min(this.#leastLateMs, lateMs);
    this.#sampledAtMs = now;
    const ms = now - this.#roundAtMs;
    if (ms < ROUND_MS) return;
    this.#roundAtMs = now;
    const utilized = performance.eventLoopUtilization();
    const round: Round = {
      ms,
      utilization: performance.eventLoopUtilization(utilized, this.#utilizedBefore).utilization,
      lateMs: this.#leastLateMs,
      lateForMs: now - (this.#lateSinceMs ?? now),
      isMemoryShort: isMemoryShort(),
    };
    this.#leastLateMs = Infinity;
    this.#utilizedBefore = utilized;
    if (!this.onRound(round)) this.rest();
  }
}

function isMemoryShort(): boolean {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used > limit * MOST_OF_HEAP;
}
