import { type KeptAnswer } from './kept-answer.js';

/** How a flight ended for those who waited: with an answer, without one, or it was given up and another may begin. */
export type Landing = KeptAnswer | 'nothing' | 'abandoned';

/** One call that is on its way upstream for all who ask the same meanwhile. */
export class Flight {
  readonly #landed = Promise.withResolvers<Landing>();
  #isOver = false;

  /** @param onEnd is called once, before those who wait learn how it ended */
  constructor(private readonly onEnd: () => void) {}

  land(landing: Landing): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onEnd();
    this.#landed.resolve(landing);
  }

  landed(): Promise<Landing> {
    return this.#landed.promise;
  }
}
