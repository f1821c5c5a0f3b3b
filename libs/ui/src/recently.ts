interface Kept {
  readonly value: Promise<unknown>;
  readonly untilMs: number;
}

const MAX_KEPT = 200;

/** Answers that may be a few seconds old: however many look at a page, the database is asked once. */
export class Recently {
  private readonly kept = new Map<string, Kept>();

  get<T>(name: string, ageMs: number, make: () => Promise<T>, nowMs = performance.now()): Promise<T> {
    const found = this.kept.get(name);
    if (found && found.untilMs > nowMs) return found.value as Promise<T>;
    const value = make();
    this.kept.delete(name);
    this.kept.set(name, { value, untilMs: nowMs + ageMs });
    value.catch(() => this.kept.delete(name));
    const [oldest] = this.kept.keys();
    if (this.kept.size > MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
    return value;
  }
}
