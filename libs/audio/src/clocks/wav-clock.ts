import { type AudioClock } from '../audio-clock.js';
import { FrameWalker, type Step } from './frame-walker.js';

const FILE_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const FORMAT_BYTES = 24;
/** PCM, floating point, and either with its kind told elsewhere: their rate follows from their samples. */
const PLAIN_FORMATS = new Set([1, 3, 0xfffe]);
/** Piped files have a placeholder for a length: zero, or about as much as fits. */
const PLACEHOLDER_BYTES = 0x7fff0000;

/** Counts the samples of a WAV file that are really there. */
export class WavClock implements AudioClock {
  #bytesPerSecond = 0;
  /** Where the samples begin; null until that is known. */
  #dataAt: number | null = null;
  #dataLimit = Infinity;
  /** Of the chunk header to come. */
  #position = 0;
  #seen = 0;
  readonly #walker = new FrameWalker(FILE_HEADER_BYTES, (bytes, at) => this.#visit(bytes, at));

  push(chunk: Buffer): void {
    this.#seen += chunk.length;
    if (this.#dataAt === null) this.#walker.push(chunk);
  }

  seconds(): number | null {
    if (this.#bytesPerSecond === 0 || this.#dataAt === null) return null;
    return Math.min(this.#seen - this.#dataAt, this.#dataLimit) / this.#bytesPerSecond;
  }

  #visit(bytes: Buffer, at: number): Step | null {
    if (this.#position === 0) return this.#go(FILE_HEADER_BYTES);
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === 'fmt ') {
      if (bytes.length - at < FORMAT_BYTES) return { advance: 0, need: FORMAT_BYTES };
      this.#bytesPerSecond = rateIn(bytes, at + CHUNK_HEADER_BYTES);
    }
    if (name !== 'data') return this.#go(CHUNK_HEADER_BYTES + size + (size % 2));
    this.#dataAt = this.#position + CHUNK_HEADER_BYTES;
    if (size > 0 && size < PLACEHOLDER_BYTES) this.#dataLimit = size;
    return null;
  }

  #go(advance: number): Step {
    this.#position += advance;
    return { advance, need: CHUNK_HEADER_BYTES };
  }
}

/** Decoders go by the samples: the rate beside them may say anything. */
function rateIn(bytes: Buffer, at: number): number {
  const told = bytes.readUInt32LE(at + 8);
  if (!PLAIN_FORMATS.has(bytes.readUInt16LE(at))) return told;
  const bits = bytes.readUInt16LE(at + 2) * bytes.readUInt16LE(at + 14);
  return (bytes.readUInt32LE(at + 4) * bits) / 8 || told;
}
