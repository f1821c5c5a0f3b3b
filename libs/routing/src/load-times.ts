/** Of one upstream. */
export interface LoadTime {
  readonly loads: number;
  readonly seconds: number;
}

/** Adds up how long models were `starting` before they were `ready`; one that was not seen starting is not counted. */
export class LoadTimes {
  readonly #startedAtMs = new Map<string, Map<string, number>>();
  readonly #totals = new Map<string, { loads: number; seconds: number }>();

  /** By the upstream's origin. */
  get totals(): ReadonlyMap<string, LoadTime> {
    return this.#totals;
  }

  saw(origin: string, running: ReadonlyMap<string, string>, nowMs: number): void {
    const before = this.#startedAtMs.get(origin);
    const starting = new Map<string, number>();
    for (const [model, state] of running) {
      const sinceMs = before?.get(model);
      if (state === 'starting') starting.set(model, sinceMs ?? nowMs);
      else if (state === 'ready' && sinceMs !== undefined) this.#add(origin, (nowMs - sinceMs) / 1_000);
    }
    this.#startedAtMs.set(origin, starting);
  }

  #add(origin: string, seconds: number): void {
    const total = this.#totals.get(origin) ?? { loads: 0, seconds: 0 };
    total.loads += 1;
    total.seconds += seconds;
    this.#totals.set(origin, total);
  }
}
