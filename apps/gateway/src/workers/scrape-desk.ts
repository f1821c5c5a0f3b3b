import { countersOf, mergeScrapes } from './merge-scrapes.js';
import { type FromWorker, type ToWorker } from './worker-messages.js';

/** A worker that does not answer in time is left out, with what it said last in its place. */
const PATIENCE_MS = 1_000;

/** A worker as far as scrapes go. */
export interface Scraped {
  send(message: ToWorker): void;
}

interface Collection {
  readonly asker: Scraped;
  readonly askerId: number;
  readonly format: string;
  readonly texts: Map<Scraped, string>;
  readonly waitsFor: Set<Scraped>;
  readonly timer: NodeJS.Timeout;
}

/** Joins the scrapes of all workers, for the one that was asked. */
export class ScrapeDesk {
  readonly #workers = new Set<Scraped>();
  readonly #collections = new Map<number, Collection>();
  readonly #last = new Map<Scraped, Map<string, string>>();
  /** What workers that ended had counted, by format: a sum must not fall when one of them goes. */
  readonly #departed = new Map<string, string>();
  #count = 0;

  add(worker: Scraped): void {
    this.#workers.add(worker);
  }

  remove(worker: Scraped): void {
    this.#workers.delete(worker);
    for (const [format, text] of this.#last.get(worker) ?? []) {
      const before = this.#departed.get(format);
      const counted = countersOf(text);
      this.#departed.set(format, before === undefined ? counted : mergeScrapes([before, counted]));
    }
    this.#last.delete(worker);
    for (const [id, { waitsFor }] of this.#collections) if (waitsFor.delete(worker)) this.#finishIfAll(id);
  }

  heard(worker: Scraped, message: FromWorker): void {
    if (message.kind === 'scrape-asked') this.#begin(worker, message);
    if (message.kind === 'scrape-given') this.#collected(worker, message.id, message.text);
  }

  #begin(asker: Scraped, { id: askerId, format, text }: Extract<FromWorker, { kind: 'scrape-asked' }>): void {
    const id = (this.#count += 1);
    const others = [...this.#workers].filter((worker) => worker !== asker);
    this.#collections.set(id, {
      asker,
      askerId,
      format,
      texts: new Map(),
      waitsFor: new Set([asker, ...others]),
      timer: setTimeout(() => this.#finish(id), PATIENCE_MS),
    });
    for (const worker of others) worker.send({ kind: 'scrape-wanted', id, format });
    this.#collected(asker, id, text);
  }

  #collected(worker: Scraped, id: number, text: string): void {
    const collection = this.#collections.get(id);
    if (!collection) return;
    const { format, texts, waitsFor } = collection;
    texts.set(worker, text);
    waitsFor.delete(worker);
    const last = this.#last.get(worker) ?? new Map<string, string>();
    this.#last.set(worker, last.set(format, text));
    this.#finishIfAll(id);
  }

  #finishIfAll(id: number): void {
    if (this.#collections.get(id)?.waitsFor.size === 0) this.#finish(id);
  }

  #finish(id: number): void {
    const collection = this.#collections.get(id);
    if (!collection) return;
    const { asker, askerId, format, texts, waitsFor, timer } = collection;
    clearTimeout(timer);
    this.#collections.delete(id);
    const late = [...waitsFor].map((worker) => this.#last.get(worker)?.get(format));
    const all = [...texts.values(), ...late, this.#departed.get(format)];
    const text = mergeScrapes(all.filter((one) => one !== undefined));
    asker.send({ kind: 'scrape-joined', id: askerId, text });
  }
}
