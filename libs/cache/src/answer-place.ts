import { type CacheWishes } from './cache-wishes.js';
import { Flight, type Landing } from './flight.js';
import { type AnswerFacts, type AnswerStore, type KeptAnswer } from './kept-answer.js';

/** Where the answers to equal calls are. */
export interface Answers {
  readonly store: AnswerStore;
  readonly flights: Map<string, Flight>;
  readonly maxEntryBytes: number;
}

/** What was answered, before it is kept. */
export interface NewAnswer {
  readonly body: Buffer;
  readonly contentType: string;
  readonly facts: AnswerFacts;
}

/**
 * The place of one call's answer. First {@link find}; a call that finds nothing asks the upstream, gives what it gets to
 * {@link keep}, and says with {@link end} that it is over, whatever came of it: others may be waiting.
 */
export class AnswerPlace {
  #flight: Flight | null = null;

  constructor(
    /** SHA-256, in hex. */
    readonly key: string,
    private readonly wishes: CacheWishes,
    private readonly answers: Answers,
  ) {}

  /** Longer answers are not kept; 0: none is. */
  get maxBytes(): number {
    return this.wishes.writes ? this.answers.maxEntryBytes : 0;
  }

  /**
   * The answer, where there is one or an equal call is about to get it; null: it has to be made, by this call.
   * @param patience rejects when this call cannot wait any longer
   * @throws what `patience` rejects with
   */
  async find(patience: Promise<never>): Promise<KeptAnswer | null> {
    if (!this.wishes.reads) return null;
    const { flights, store } = this.answers;
    for (;;) {
      const flight = flights.get(this.key);
      if (!flight) break;
      const landing: Landing = await Promise.race([flight.landed(), patience]);
      if (landing === 'nothing') return null;
      if (landing !== 'abandoned') return this.#young(landing);
    }
    // Before anything is waited for: from here on equal calls wait for this one.
    if (this.wishes.writes) this.#takeOff();
    const known = store.get(this.key);
    const kept = this.#young(known instanceof Promise ? await known : known);
    if (kept) this.#flight?.land(kept);
    return kept;
  }

  #young(kept: KeptAnswer | null): KeptAnswer | null {
    return kept && Date.now() - kept.storedAtMs <= this.wishes.maxAgeMs ? kept : null;
  }

  keep(answer: NewAnswer): void {
    if (!this.wishes.writes || answer.body.length > this.answers.maxEntryBytes) return;
    const storedAtMs = Date.now();
    const kept = { ...answer, storedAtMs, expiresAtMs: storedAtMs + this.wishes.ttlMs };
    if (this.wishes.ttlMs > 0) this.answers.store.set(this.key, kept);
    this.#flight?.land(kept);
  }

  /** @param isAbandoned it was this call's own client that ended it: the next in line begins anew */
  end(isAbandoned: boolean): void {
    this.#flight?.land(isAbandoned ? 'abandoned' : 'nothing');
  }

  #takeOff(): void {
    const { flights } = this.answers;
    const flight = new Flight(() => flights.delete(this.key));
    flights.set(this.key, flight);
    this.#flight = flight;
  }
}
