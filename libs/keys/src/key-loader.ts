const MAX_BATCH = 1000;

type Settle = (failure: Error | null) => void;

/**
 * Asks for keys in batches, one query at a time: five thousand cold keys are a handful of
 * statements on one connection, and the same key is never asked for twice at once.
 */
export class KeyLoader {
  readonly #waiting = new Map<string, Settle[]>();
  #running = false;

  /** @param query loads these hashes and files what it found before it resolves */
  constructor(private readonly query: (hashes: readonly string[]) => Promise<void>) {}

  /** Resolves once the answer for this hash is filed; rejects as the query does. */
  load(keyHash: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle: Settle = (failure) => (failure ? reject(failure) : resolve());
      const others = this.#waiting.get(keyHash);
      if (others) others.push(settle);
      else this.#waiting.set(keyHash, [settle]);
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Whatever else this turn of the event loop asks for shall be in the same batch.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, MAX_BATCH);
      for (const [keyHash] of batch) this.#waiting.delete(keyHash);
      let failure: Error | null = null;
      try {
        await this.query(batch.map(([keyHash]) => keyHash));
      } catch (error) {
        failure = error instanceof Error ? error : new Error('A key query failed', { cause: error });
      }
      for (const [, settles] of batch) for (const settle of settles) settle(failure);
    }
    this.#running = false;
  }
}
