import { type Counter } from 'prom-client';

/** One labelled counter of a {@link Tally}. */
export interface Cell {
  readonly labels: Readonly<Record<string, string>>;
  pending: number;
}

/**
 * What a counter has to be raised by at the next scrape. Raising a labelled counter of prom-client costs a microsecond
 * each time; a number in a cell costs next to nothing.
 */
export class Tally {
  readonly #cells = new Map<string, Map<string, Cell>>();

  constructor(private readonly labelName: string) {}

  add(model: string, label: string, count: number): void {
    let cells = this.#cells.get(model);
    if (!cells) this.#cells.set(model, (cells = new Map<string, Cell>()));
    let cell = cells.get(label);
    if (!cell)
      cells.set(label, (cell = { labels: Object.freeze({ model, [this.labelName]: label }), pending: 0 }));
    cell.pending += count;
  }

  moveTo(counter: Counter): void {
    for (const cells of this.#cells.values()) {
      for (const cell of cells.values()) {
        if (cell.pending === 0) continue;
        counter.inc(cell.labels, cell.pending);
        cell.pending = 0;
      }
    }
  }
}
