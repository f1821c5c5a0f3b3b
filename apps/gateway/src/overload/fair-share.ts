/** Requests per millisecond that are let in however slow the process is: fewer than these are never what slows it. */
const LEAST_PER_MS = 0.1;
/** One step back from what was too much; then forward while it is not, quickly until near to what was too much before. */
const BACK = 0.85;
const FORWARD = 1.03;
const FAST_FORWARD = 1.25;
const NEAR = 0.8;
/** So many refusals take as long as one answer: beyond them it is they that keep the process busy. */
const REFUSALS_PER_ANSWER = 12;
/** Rounds in a row with room to spare, after which nobody is counted any more. */
const CALM_ROUNDS = 10;
const ROOM = 0.8;

/**
 * Shares what a saturated process can do among those who ask, so that whoever asks little gets all of it: max-min fairness
 * over rounds of some 100 ms. How much it can do is found as TCP finds it, by small steps up and a larger one down.
 */
export class FairShare {
  /** Requests per millisecond; null while there is enough for all. */
  #perMs: number | null = null;
  /** Of one client in this round; below 1 it is a chance. */
  #allowance = Infinity;
  /** What was too much the last time. */
  #tooMuchPerMs = Infinity;
  #begun = 0;
  #refused = 0;
  #calmRounds = 0;
  readonly #asked = new Map<string, number>();

  constructor(private readonly random: () => number = Math.random) {}

  get isLimiting(): boolean {
    return this.#perMs !== null;
  }

  /** Counts a request while there is enough for all. */
  admitted(): void {
    this.#begun += 1;
  }

  /** Whether a client may begin one more in this round. To be asked while {@link isLimiting}. */
  admits(client: string): boolean {
    const before = this.#asked.get(client) ?? 0;
    this.#asked.set(client, before + 1);
    const left = this.#allowance - before;
    const isAdmitted = left >= 1 || (left > 0 && this.random() < left);
    if (isAdmitted) this.#begun += 1;
    else this.#refused += 1;
    return isAdmitted;
  }

  /** Ends a round of `ms` milliseconds. */
  endRound(ms: number, isSaturated: boolean): void {
    const begunPerMs = this.#begun / ms;
    // Serving fewer would not help.
    const isFlooded = this.#refused > this.#begun * REFUSALS_PER_ANSWER;
    this.#begun = this.#refused = 0;
    if (isSaturated) {
      const most = Math.min(this.#perMs ?? Infinity, begunPerMs);
      if (!isFlooded) {
        this.#tooMuchPerMs = most;
        this.#perMs = Math.max(LEAST_PER_MS, most * BACK);
      }
      this.#calmRounds = 0;
    } else if (this.#perMs !== null) this.#goForward(this.#perMs, ms);
    this.#allowance =
      this.#perMs === null ? Infinity : fairAllowance([...this.#asked.values()], this.#perMs * ms);
    this.#asked.clear();
  }

  #goForward(perMs: number, ms: number): void {
    const askedPerMs = [...this.#asked.values()].reduce((sum, count) => sum + count, 0) / ms;
    this.#calmRounds = askedPerMs <= perMs * ROOM ? this.#calmRounds + 1 : 0;
    const pace = perMs < this.#tooMuchPerMs * NEAR ? FAST_FORWARD : FORWARD;
    this.#perMs = this.#calmRounds >= CALM_ROUNDS ? null : perMs * pace;
  }
}

/** The most that each may have so that all together have `total`: whoever wants less leaves the rest to the others. */
function fairAllowance(wanted: readonly number[], total: number): number {
  let left = total;
  const ascending = wanted.toSorted((a, b) => a - b);
  for (const [index, want] of ascending.entries()) {
    const share = left / (ascending.length - index);
    if (want > share) return share;
    left -= want;
  }
  return total;
}
