interface Slot<V> {
  readonly value: V;
  used: boolean;
}

/**
 * A map of bounded size that forgets what was not used for longest, nearly: entries used since the
 * last sweep get a second chance, so that a hit costs a flag and not a move.
 */
export class RecentMap<V> {
  readonly #slots = new Map<string, Slot<V>>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): V | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    slot.used = true;
    return slot.value;
  }

  /** Reads without counting as use. */
  peek(key: string): V | undefined {
    return this.#slots.get(key)?.value;
  }

  set(key: string, value: V): void {
    const known = this.#slots.get(key);
    if (known === undefined && this.#slots.size >= this.capacity) this.#evict();
    this.#slots.set(key, { value, used: known?.used ?? false });
  }

  delete(key: string): boolean {
    return this.#slots.delete(key);
  }

  keys(): string[] {
    return [...this.#slots.keys()];
  }

  values(): V[] {
    return Array.from(this.#slots.values(), ({ value }) => value);
  }

  /** A sixteenth at once: to find the first of a map takes long where many before it are gone. */
  #evict(): void {
    let left = Math.max(1, this.capacity >> 4);
    // Moved to the end with its flag cleared, an entry that was used is met again after all others.
    for (const [key, slot] of this.#slots) {
      this.#slots.delete(key);
      if (slot.used) {
        slot.used = false;
        this.#slots.set(key, slot);
      } else {
        left -= 1;
        if (left === 0) return;
      }
    }
  }
}
