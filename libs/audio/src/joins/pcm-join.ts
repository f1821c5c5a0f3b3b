import { type AudioJoin } from './audio-join.js';

/** So long a part fades out, and the next one in: too short to be heard, long enough that nothing clicks. */
const FADE_SECONDS = 0.003;
const NOTHING = Buffer.alloc(0);

export interface PcmFormat {
  readonly channels: number;
  readonly bits: number;
  /** Samples a second, per channel. */
  readonly rate: number;
}

/** Samples follow one another; where parts meet, both are led to silence. Cut samples are left out. */
export class PcmJoin implements AudioJoin {
  readonly #blockBytes: number;
  readonly #fadeBytes: number;
  /** The newest samples: should they be the last of a part, they fade. */
  #held: Buffer = NOTHING;
  /** Of the beginning of this part, still to fade in. */
  #toFadeIn = 0;

  constructor({ channels, bits, rate }: PcmFormat) {
    this.#blockBytes = Math.max(1, (channels * bits) / 8);
    this.#fadeBytes = bits === 16 ? Math.round(rate * FADE_SECONDS) * this.#blockBytes : 0;
  }

  push(chunk: Buffer): readonly Buffer[] {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const free = bytes.length - this.#fadeBytes;
    const length = free > 0 ? free - (free % this.#blockBytes) : 0;
    // A copy: the chunk itself may be large.
    this.#held = Buffer.from(bytes.subarray(length));
    return length === 0 ? [] : [this.#fadedIn(bytes.subarray(0, length))];
  }

  endPart(isLast: boolean): readonly Buffer[] {
    const rest = this.#held.subarray(0, this.#held.length - (this.#held.length % this.#blockBytes));
    this.#held = NOTHING;
    const faded = this.#fadedIn(rest);
    this.#toFadeIn = this.#fadeBytes;
    return [
      isLast || this.#fadeBytes === 0 ? faded : scaled(faded, (at) => (rest.length - at) / rest.length),
    ];
  }

  #fadedIn(bytes: Buffer): Buffer {
    if (this.#toFadeIn === 0) return bytes;
    const from = this.#fadeBytes - this.#toFadeIn;
    this.#toFadeIn = Math.max(0, this.#toFadeIn - bytes.length);
    return scaled(bytes, (at) => Math.min(1, (from + at) / this.#fadeBytes));
  }
}

/** A copy of samples of 16 bits, each made as much quieter as `gain` says for its place. */
function scaled(bytes: Buffer, gain: (at: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + 2 <= copy.length; at += 2) {
    const factor = gain(at);
    if (factor < 1) copy.writeInt16LE(Math.round(copy.readInt16LE(at) * factor), at);
  }
  return copy;
}
