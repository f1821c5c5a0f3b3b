const WINDOW_MS = 60_000;
/** Amounts of the same moment share an entry; they come back when the last of them may. */
const STEP_MS = 50;

/**
 * What was taken in the last minute, in the order in which it comes back: a sliding log, so that no minute ever
 * holds more than there is. Times are those of a monotonic clock, in ms.
 */
export class Resting {
  readonly #freeAtMs: number[] = [];
  readonly #amounts: bigint[] = [];
  #first = 0;
  #sum = 0n;

  get sum(): bigint {
    return this.#sum;
  }

  /** When the next amount comes back; null where nothing rests. */
  get nextMs(): number | null {
    return this.#freeAtMs[this.#first] ?? null;
  }

  add(amount: bigint, nowMs: number): void {
    if (amount <= 0n) return;
    const freeAtMs = Math.ceil(nowMs / STEP_MS) * STEP_MS + WINDOW_MS;
    const last = this.#freeAtMs.length - 1;
    this.#sum += amount;
    if (last >= this.#first && this.#freeAtMs[last] === freeAtMs) {
      this.#amounts[last] = (this.#amounts[last] ?? 0n) + amount;
      return;
    }
    this.#freeAtMs.push(freeAtMs);
    this.#amounts.push(amount);
  }

  /** What has come back since the last time. */
  release(nowMs: number): bigint {
    let released = 0n;
    for (;;) {
      const freeAtMs = this.#freeAtMs[this.#first];
      if (freeAtMs === undefined || freeAtMs > nowMs) break;
      released += this.#amounts[this.#first] ?? 0n;
      this.#first += 1;
    }
    this.#sum -= released;
    if (this.#first > 64 && this.#first * 2 > this.#freeAtMs.length) {
      this.#freeAtMs.splice(0, this.#first);
      this.#amounts.splice(0, this.#first);
      this.#first = 0;
    }
    return released;
  }

  /** From when on `amount` more will have come back, as far as what rests suffices. */
  availableAtMs(amount: bigint): number | null {
    let sum = 0n;
    for (let index = this.#first; index < this.#freeAtMs.length; index += 1) {
      sum += this.#amounts[index] ?? 0n;
      if (sum >= amount) return this.#freeAtMs[index] ?? null;
    }
    return null;
  }
}
