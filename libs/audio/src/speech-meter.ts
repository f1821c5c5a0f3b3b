import { type CallRecord } from '@app/pipeline';
import { AudioTimer } from './audio-timer.js';

/** Counts the characters of each part of a text that the backend has begun to speak, and seconds as they pass. */
export class SpeechMeter {
  readonly #timer: AudioTimer;
  #characters = 0;
  #beginning = 0;

  constructor(
    private readonly record: CallRecord,
    contentType: string,
  ) {
    this.#timer = new AudioTimer(contentType);
  }

  /** `text` counts from the next bytes on. */
  speaks(text: string): void {
    this.#beginning = Array.from(text).length;
  }

  /** What leaves for the client, possibly nothing yet. */
  passed(pieces: readonly Buffer[]): readonly Buffer[] {
    for (const piece of pieces) this.#timer.push(piece);
    this.#characters += this.#beginning;
    this.#beginning = 0;
    const { seconds, isEstimated } = this.#timer.length();
    this.record.meter.counted({
      characters: this.#characters,
      audioSeconds: seconds,
      estimated: isEstimated,
    });
    return pieces;
  }
}
