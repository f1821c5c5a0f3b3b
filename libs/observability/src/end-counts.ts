/** How often something ended in one way. */
export interface EndCount {
  /** Empty where none is told. */
  readonly route: string;
  readonly status: string;
  /** Empty where it is no failure. */
  readonly exceptionClass: string;
  value: number;
  /** Labels as written, once somebody has read them. */
  text: string | null;
}

/** Counts by route and status; raising one that exists makes nothing. */
export class EndCounts {
  readonly all: EndCount[] = [];
  readonly #routes = new Map<string, Map<string, EndCount>>();

  add(route: string, status: string, exceptionClass = ''): void {
    let statuses = this.#routes.get(route);
    if (!statuses) this.#routes.set(route, (statuses = new Map<string, EndCount>()));
    const known = statuses.get(status);
    if (known) {
      known.value++;
      return;
    }
    const count: EndCount = { route, status, exceptionClass, value: 1, text: null };
    statuses.set(status, count);
    this.all.push(count);
  }

  get total(): number {
    return this.all.reduce((total, { value }) => total + value, 0);
  }
}
