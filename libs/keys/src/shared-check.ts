import { setTimeout as sleep } from 'node:timers/promises';

/** One check for everybody who waits: each is told by one that began after he asked, and they are spaced. */
export class SharedCheck {
  #next: Promise<void> | null = null;
  #running: Promise<void> = Promise.resolve();
  #beganAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly check: () => Promise<void>,
    private readonly spacingMs: number,
  ) {}

  /** Rejects as the check does. */
  run(): Promise<void> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<void> {
    await this.#running.catch(() => undefined);
    const waitMs = this.#beganAtMs + this.spacingMs - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
    this.#next = null;
    this.#beganAtMs = performance.now();
    this.#running = this.check();
    return this.#running;
  }
}
