/** So many requests in one turn of the event loop, and so long: more than a burst that is worked off. */
const MANY = 500;
const LONG_MS = 250;
/** What has begun has half of its work before it. */
const BEGUN_IS_HALF = 0.5;

/** The turn of the event loop that is under way: thousands of requests may come in a single one, before anybody looks. */
export class LoopTurn {
  #beganAtMs = 0;
  #begun = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * Counts a request. Returns how many can be done in a millisecond where there are too many of them in this turn, else
   * null.
   */
  begun(): number | null {
    if (this.#begun === 0) {
      this.#beganAtMs = this.now();
      setImmediate(this.#end);
    }
    this.#begun += 1;
    if (this.#begun < MANY) return null;
    const ms = this.now() - this.#beganAtMs;
    return ms < LONG_MS ? null : (this.#begun / ms) * BEGUN_IS_HALF;
  }

  readonly #end = (): void => {
    this.#begun = 0;
  };
}
