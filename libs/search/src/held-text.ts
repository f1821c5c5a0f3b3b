import { UpstreamError } from '@app/call';

/** Of one turn, in characters: days of talking. */
const MAX_HELD = 16 * 1024 * 1024;
/** What goes with a call or a block, until its result has been told to the model. */
const BESIDE = 4 * 1024;

/** Counts what a turn keeps of an answer, which no backend may make endless. */
export class HeldText {
  #length = 0;

  /** A call or a block begins. @throws UpstreamError when it is too much */
  begin(): void {
    this.add(BESIDE);
  }

  /** @throws UpstreamError when it is too much */
  add(length: number): void {
    this.#length += length;
    if (this.#length > MAX_HELD) throw new UpstreamError(502, 'The upstream answer does not end.', false);
  }
}
