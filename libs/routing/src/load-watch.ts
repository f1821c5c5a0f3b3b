/** How long one call waits for a model that was not there when the call began. */
export class LoadWatch {
  readonly #startedAtMs: number;
  #lastLoadingAtMs: number | null = null;
  #readyAtMs: number | null = null;
  #answeredAtMs: number | null = null;
  #isOver = false;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.#startedAtMs = now();
  }

  /** False: there is nothing more to see. */
  get isOpen(): boolean {
    return !this.#isOver && this.#readyAtMs === null;
  }

  /**
   * @param state as the upstream has just told it; null where it no longer tells
   * @param askedAtMs when the question was sent
   */
  saw(state: string | null, askedAtMs: number): void {
    if (state === 'starting') this.#lastLoadingAtMs = askedAtMs;
    else if (state === 'ready') this.#readyAtMs ??= this.now();
  }

  /** Something came, perhaps only word that the model is being loaded. */
  answered(): void {
    this.#answeredAtMs = this.now();
    // It was there all the time, or goes by another name where it runs.
    if (this.#lastLoadingAtMs === null) this.#isOver = true;
  }

  /** The call is over. Milliseconds until the model was ready; 0 for one that was never seen loading. */
  end(): number {
    this.#isOver = true;
    if (this.#lastLoadingAtMs === null) return 0;
    const seenAtMs = this.#readyAtMs ?? this.now();
    // It became ready between two looks; what came in that time came from a model that was ready.
    const answeredAtMs = this.#answeredAtMs ?? seenAtMs;
    const readyAtMs = answeredAtMs > this.#lastLoadingAtMs ? Math.min(seenAtMs, answeredAtMs) : seenAtMs;
    return readyAtMs - this.#startedAtMs;
  }
}
