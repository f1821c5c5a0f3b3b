const WINDOW_MS = 60_000;
const LONGEST_REST_MS = 60_000;
const MAX_IN_A_ROW = 5;
const MOST_FAILING = 0.5;

export interface BreakerReport {
  readonly successes: number;
  readonly failures: number;
  /** Failures since the last success. */
  readonly failuresInARow: number;
  /** How often it began to rest. */
  readonly rests: number;
}

/**
 * Rests a deployment that fails, then lets one call through to see whether it works again. Times are those of
 * `performance.now()`, in ms.
 */
export class Breaker {
  #restsUntilMs = 0;
  #isResting = false;
  #isProbed = false;
  #rests = 0;
  #windowEndsMs = 0;
  #windowFailures = 0;
  #windowCalls = 0;
  readonly #report = { successes: 0, failures: 0, failuresInARow: 0, rests: 0 };

  get report(): BreakerReport {
    return this.#report;
  }

  /** Whether a call may go there now: always, unless it rests or its probe is still out. */
  admits(nowMs: number): boolean {
    return !this.#isResting || (nowMs >= this.#restsUntilMs && !this.#isProbed);
  }

  get isResting(): boolean {
    return this.#isResting;
  }

  /** How long it rests yet; 0 when it does not. */
  restMs(nowMs: number): number {
    return this.#isResting ? Math.max(0, this.#restsUntilMs - nowMs) : 0;
  }

  /** A call goes there. True: it is the probe, and others wait for what comes of it. */
  began(nowMs: number): boolean {
    if (!this.#isResting || this.#isProbed || nowMs < this.#restsUntilMs) return false;
    this.#isProbed = true;
    return true;
  }

  /** A probe ended without telling anything: its client left. */
  abandoned(): void {
    this.#isProbed = false;
  }

  /** Content came: it works. */
  answered(): void {
    this.#isResting = false;
    this.#isProbed = false;
  }

  /** A call came to its good end. */
  succeeded(nowMs: number): void {
    this.answered();
    this.#count(nowMs, false);
    this.#rests = 0;
    this.#report.successes += 1;
    this.#report.failuresInARow = 0;
  }

  /** A call failed. True: by its record it should rest now. */
  failed(nowMs: number, allowedFails: number): boolean {
    this.#count(nowMs, true);
    this.#report.failures += 1;
    this.#report.failuresInARow += 1;
    if (this.#isProbed) return true;
    if (this.#report.failuresInARow > Math.max(MAX_IN_A_ROW - 1, allowedFails)) return true;
    return this.#windowFailures > allowedFails && this.#windowFailures > this.#windowCalls * MOST_FAILING;
  }

  /** @param askedMs how long the upstream itself wants to rest; else it is `cooldownMs`, longer each time */
  rest(nowMs: number, cooldownMs: number, askedMs: number | null): void {
    if (this.#isResting && !this.#isProbed) {
      // Calls that were under way already tell nothing new, unless the upstream asks for longer.
      this.#restsUntilMs = Math.max(this.#restsUntilMs, nowMs + (askedMs ?? 0));
      return;
    }
    const restMs = askedMs ?? Math.max(cooldownMs, Math.min(cooldownMs * 2 ** this.#rests, LONGEST_REST_MS));
    this.#rests = Math.min(this.#rests + 1, 30);
    this.#report.rests += 1;
    this.#isProbed = false;
    this.#isResting = true;
    this.#restsUntilMs = Math.max(this.#restsUntilMs, nowMs + restMs);
  }

  #count(nowMs: number, isFailure: boolean): void {
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + WINDOW_MS;
      this.#windowCalls = 0;
      this.#windowFailures = 0;
    }
    this.#windowCalls += 1;
    if (isFailure) this.#windowFailures += 1;
  }
}
