const PER_CALL = 0.2;
const PER_SECOND = 3;
const MOST = 30;

/**
 * Keeps retries a small part of the traffic of one model group: each call adds a fifth of a retry, each second three,
 * and no more than thirty are saved up. When everything fails, retries do not multiply the load.
 */
export class RetryBudget {
  #left = MOST;
  #countedAtMs: number;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.#countedAtMs = now();
  }

  called(): void {
    this.#left = Math.min(MOST, this.#left + PER_CALL);
  }

  /** False: there is none left. */
  take(): boolean {
    const nowMs = this.now();
    this.#left = Math.min(MOST, this.#left + ((nowMs - this.#countedAtMs) / 1_000) * PER_SECOND);
    this.#countedAtMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

/** One budget for each model group. */
export class RetryBudgets {
  readonly #budgets = new Map<string, RetryBudget>();

  /** @param group by its configured name; there are as many as the configuration has */
  of(group: string): RetryBudget {
    let budget = this.#budgets.get(group);
    if (!budget) this.#budgets.set(group, (budget = new RetryBudget()));
    return budget;
  }
}
