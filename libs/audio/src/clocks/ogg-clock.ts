import { type AudioClock } from '../audio-clock.js';
import { FrameWalker, type Step } from './frame-walker.js';

const PAGE_HEADER_BYTES = 27;
/** Of a stream's first packet: enough for the rates of Opus and Vorbis. */
const IDENTITY_BYTES = 16;
const BEGINS_STREAM = 0x2;
/** Opus counts in 48 kHz whatever it plays at. */
const OPUS_RATE = 48_000;

/** Reads the positions that Ogg pages carry; streams that follow one another add up. */
export class OggClock implements AudioClock {
  #before = 0;
  #rate = 0;
  #skipped = 0;
  #position = 0;
  readonly #walker = new FrameWalker(PAGE_HEADER_BYTES, (bytes, at) => this.#visit(bytes, at));

  push(chunk: Buffer): void {
    this.#walker.push(chunk);
  }

  seconds(): number | null {
    const seconds = this.#before + this.#current();
    return seconds > 0 ? seconds : null;
  }

  #current(): number {
    return this.#rate === 0 ? 0 : Math.max(0, this.#position - this.#skipped) / this.#rate;
  }

  #visit(bytes: Buffer, at: number): Step | null {
    if (bytes.toString('latin1', at, at + 4) !== 'OggS') return null;
    const segments = bytes[at + 26] ?? 0;
    const header = PAGE_HEADER_BYTES + segments;
    const begins = ((bytes[at + 5] ?? 0) & BEGINS_STREAM) !== 0;
    const need = header + (begins ? IDENTITY_BYTES : 0);
    if (bytes.length - at < need) return { advance: 0, need };
    if (begins) this.#begin(bytes, at + header);
    const position = bytes.readBigInt64LE(at + 6);
    if (position > 0n) this.#position = Number(position);
    let payload = 0;
    for (let index = 0; index < segments; index++) payload += bytes[at + PAGE_HEADER_BYTES + index] ?? 0;
    return { advance: header + payload, need: PAGE_HEADER_BYTES };
  }

  #begin(bytes: Buffer, at: number): void {
    this.#before += this.#current();
    this.#position = 0;
    const isOpus = bytes.toString('latin1', at, at + 8) === 'OpusHead';
    const isVorbis = bytes.toString('latin1', at + 1, at + 7) === 'vorbis';
    this.#skipped = isOpus ? bytes.readUInt16LE(at + 10) : 0;
    this.#rate = isOpus ? OPUS_RATE : isVorbis ? bytes.readUInt32LE(at + 12) : 0;
  }
}
