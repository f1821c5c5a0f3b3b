const WINDOW_MS = 1_000;
const MAX_CAUSES = 500;
const MAX_CAUSE_LENGTH = 120;

/** Lets one line a second pass for each cause, and tells how many were left out since. */
export class LogStorm {
  readonly #causes = new Map<string, { sinceMs: number; leftOut: number }>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @returns how many lines of this cause were left out before; null where this one is to be left out too */
  admit(context: string, text: string): number | null {
    // Figures differ from line to line of one storm.
    const cause = `${context} ${text.slice(0, MAX_CAUSE_LENGTH).replace(/\d+/g, '0')}`;
    const nowMs = this.now();
    const known = this.#causes.get(cause);
    if (known && nowMs - known.sinceMs < WINDOW_MS) {
      known.leftOut++;
      return null;
    }
    this.#causes.delete(cause);
    this.#causes.set(cause, { sinceMs: nowMs, leftOut: 0 });
    const [oldest] = this.#causes.keys();
    if (this.#causes.size > MAX_CAUSES && oldest !== undefined) this.#causes.delete(oldest);
    return known?.leftOut ?? 0;
  }
}
