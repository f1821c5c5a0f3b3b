/** Money that running calls of this process may still spend, by scope. */
export class Reservations {
  readonly #reserved = new Map<string, bigint>();

  heldPicoUsd(scope: string): bigint {
    return this.#reserved.get(scope) ?? 0n;
  }

  /** Holds `picoUsd` until the returned function is called; calling it again does nothing. */
  take(scope: string, picoUsd: bigint): () => void {
    this.#reserved.set(scope, this.heldPicoUsd(scope) + picoUsd);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = this.heldPicoUsd(scope) - picoUsd;
      if (left === 0n) this.#reserved.delete(scope);
      else this.#reserved.set(scope, left);
    };
  }
}
