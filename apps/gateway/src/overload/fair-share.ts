/** Requests per millisecond that are let in however slow the process is: fewer than these are never what slows it. */
const LEAST_PER_MS = 0.1;
/** One step back while the process is late. */
const BACK = 0.85;
/** As busy as a process that limits should be: the rest of its time keeps it from being late. */
const TARGET_UTILIZATION = 0.96;
/** What is seen of one round multiplies by no more, and while the process is not late by no less. */
const MOST_FORWARD = 3;
const LEAST_FORWARD = 1.03;
/** How long rounds are meant to be. */
const ROUND_MS = 100;
/** From this share of what was allowed on, what was begun tells how much can be. */
const FULL = 0.8;
/** Rounds in a row in which nobody was turned away, after which nobody is counted any more. */
const CALM_ROUNDS = 10;

/** Requests of one client in a round. */
interface Asked {
  asked: number;
  begun: number;
}

/** A round of some 100 ms that has ended. */
export interface LoadedRound {
  readonly ms: number;
  /** What is ready waits too long for its turn, and longer than in the round before. */
  readonly isLate: boolean;
  /** Share of the time in which the process had something to do. */
  readonly utilization: number;
}

/**
 * Shares what a saturated process can do among those who ask, so that whoever asks little gets all of it: max-min fairness
 * over rounds of some 100 ms. How much it can do follows from how busy it was with what it let in.
 */
export class FairShare {
  /** Requests per millisecond; null while there is enough for all. */
  #perMs: number | null = null;
  /** Of one client in this round; below 1 it is a chance. */
  #allowance = Infinity;
  #roundAtMs = 0;
  #roundMs = 1;
  #begun = 0;
  #calmRounds = 0;
  readonly #clients = new Map<string, Asked>();
  /** Who wanted more than that in the last round. */
  #loud: ReadonlySet<string> = new Set();

  constructor(
    private readonly random: () => number = Math.random,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get isLimiting(): boolean {
    return this.#perMs !== null;
  }

  /** Whether a client wanted more in the last round than it could have. */
  isLoud(client: string): boolean {
    return this.#loud.has(client);
  }

  /** Requests that could begin now beyond those that have asked. To be asked while {@link isLimiting}. */
  get spare(): number {
    return (this.#perMs ?? Infinity) * (this.now() - this.#roundAtMs) - this.#begun;
  }

  /** Counts a request while there is enough for all. */
  admitted(): void {
    this.#begun += 1;
  }

  /** Whether a client may begin one more in this round. To be asked while {@link isLimiting}. */
  admits(client: string): boolean {
    let known = this.#clients.get(client);
    if (!known) this.#clients.set(client, (known = { asked: 0, begun: 0 }));
    known.asked += 1;
    const left = this.#allowanceOf(client) - known.begun;
    const isAdmitted = left >= 1 || (left > 0 && this.random() < left);
    if (!isAdmitted) return false;
    known.begun += 1;
    this.#begun += 1;
    return true;
  }

  /** Begins to limit at once, in the middle of a round. */
  limitTo(perMs: number): void {
    this.#perMs = Math.max(LEAST_PER_MS, perMs);
    this.#begun = 0;
    this.#calmRounds = 0;
    this.#startRound(ROUND_MS);
  }

  /** Ends a round. One that was late begins the limiting, where there was none. */
  endRound({ ms, isLate, utilization }: LoadedRound): void {
    const begunPerMs = this.#begun / ms;
    this.#begun = 0;
    if (isLate) {
      this.#perMs = Math.max(LEAST_PER_MS, (this.#perMs ?? begunPerMs) * BACK);
      this.#calmRounds = 0;
    } else if (this.#perMs !== null) this.#follow(this.#perMs, { begunPerMs, utilization });
    this.#startRound(ms);
  }

  #startRound(ms: number): void {
    this.#roundMs = ms;
    this.#roundAtMs = this.now();
    const clients = [...this.#clients].map(([name, { asked }]) => ({ name, asked }));
    const wanted = clients.map(({ asked }) => asked);
    this.#allowance = this.#perMs === null ? Infinity : fairAllowance(wanted, this.#perMs * ms);
    const loud = clients.filter(({ asked }) => asked > this.#allowance);
    this.#loud = new Set(loud.map(({ name }) => name));
    this.#clients.clear();
  }

  #follow(perMs: number, round: { begunPerMs: number; utilization: number }): void {
    const { begunPerMs, utilization } = round;
    const isCalm = [...this.#clients.values()].every(({ asked, begun }) => asked === begun);
    this.#calmRounds = isCalm ? this.#calmRounds + 1 : 0;
    const wished = TARGET_UTILIZATION / Math.max(utilization, 0.01);
    const factor = Math.min(MOST_FORWARD, Math.max(LEAST_FORWARD, wished));
    // Where few asked, or all were let in, nothing is learnt about how many could have been.
    const isFull = !isCalm && begunPerMs >= perMs * FULL;
    const next = isFull ? Math.max(LEAST_PER_MS, begunPerMs * factor) : perMs;
    this.#perMs = this.#calmRounds >= CALM_ROUNDS ? null : next;
  }

  /** For the loud spread over the round: all at its beginning would make the process late for a moment. */
  #allowanceOf(client: string): number {
    if (!this.#loud.has(client)) return this.#allowance;
    return this.#allowance * Math.min(1, (this.now() - this.#roundAtMs) / this.#roundMs);
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
