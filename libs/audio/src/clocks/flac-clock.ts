import { type AudioClock } from '../audio-clock.js';

const INFO_END = 26;
/** Speech as FLAC, of its size as samples. */
const USUAL_RATIO = 0.6;
/** FLAC never grows beyond its samples by more than its frame headers. */
const MOST_RATIO = 1.1;

/** Believes the header of a FLAC file as long as the bytes that follow could be that short. */
export class FlacClock implements AudioClock {
  #header = Buffer.alloc(0);
  #bytes = 0;
  #isEstimated = true;

  get isEstimated(): boolean {
    return this.#isEstimated;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#header.length >= INFO_END) return;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, INFO_END - this.#header.length)]);
  }

  seconds(): number | null {
    if (this.#header.length < INFO_END) return null;
    const packed = this.#header.readBigUInt64BE(18);
    const rate = Number(packed >> 44n);
    const channels = Number((packed >> 41n) & 7n) + 1;
    const bits = Number((packed >> 36n) & 31n) + 1;
    if (rate === 0) return null;
    const told = Number(packed & 0xfffffffffn) / rate;
    const plainSeconds = this.#bytes / ((rate * channels * bits) / 8);
    this.#isEstimated = told === 0 || told < plainSeconds / MOST_RATIO;
    return this.#isEstimated ? plainSeconds / USUAL_RATIO : told;
  }
}
