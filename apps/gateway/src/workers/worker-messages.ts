/** Told by a worker: it takes requests now. */
export interface Ready {
  readonly kind: 'ready';
}

/** Asked by a worker: `text` is its own scrape, the answer is that of all workers together. */
export interface ScrapeAsked {
  readonly kind: 'scrape-asked';
  readonly id: number;
  readonly format: string;
  readonly text: string;
}

/** Told by a worker that {@link ScrapeWanted} reached. */
export interface ScrapeGiven {
  readonly kind: 'scrape-given';
  readonly id: number;
  readonly text: string;
}

/** Wanted of a worker, because a scrape reached another one. */
export interface ScrapeWanted {
  readonly kind: 'scrape-wanted';
  readonly id: number;
  readonly format: string;
}

/** The answer to {@link ScrapeAsked}. */
export interface ScrapeJoined {
  readonly kind: 'scrape-joined';
  readonly id: number;
  readonly text: string;
}

export type FromWorker = Ready | ScrapeAsked | ScrapeGiven;
export type ToWorker = ScrapeWanted | ScrapeJoined;
