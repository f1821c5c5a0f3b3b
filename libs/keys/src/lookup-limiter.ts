/** So many times a second, as a bucket that fills continuously. */
export class LookupLimiter {
  #tokens: number;
  #filledAtMs = 0;

  constructor(private readonly perSecond: number) {
    this.#tokens = perSecond;
  }

  take(nowMs: number): boolean {
    const gained = (Math.max(0, nowMs - this.#filledAtMs) / 1000) * this.perSecond;
    this.#tokens = Math.min(this.perSecond, this.#tokens + gained);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
