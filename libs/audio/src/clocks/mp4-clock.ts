import { type AudioClock } from '../audio-clock.js';
import { FrameWalker, type Step } from './frame-walker.js';

const BOX_BYTES = 16;
const MOVIE_HEADER_BYTES = 40;

/** Finds the duration in the movie header of MP4 and M4A, which may stand after the samples. */
export class Mp4Clock implements AudioClock {
  #seconds: number | null = null;
  readonly #walker = new FrameWalker(BOX_BYTES, (bytes, at) => this.#visit(bytes, at));

  push(chunk: Buffer): void {
    this.#walker.push(chunk);
  }

  seconds(): number | null {
    return this.#seconds;
  }

  #visit(bytes: Buffer, at: number): Step | null {
    const size = bytes.readUInt32BE(at);
    const name = bytes.toString('latin1', at + 4, at + 8);
    if (name === 'moov') return { advance: 8, need: BOX_BYTES };
    if (name === 'mvhd') {
      if (bytes.length - at < MOVIE_HEADER_BYTES) return { advance: 0, need: MOVIE_HEADER_BYTES };
      this.#seconds = durationOf(bytes, at + 8);
      return null;
    }
    const length = size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size;
    return length < 8 ? null : { advance: length, need: BOX_BYTES };
  }
}

function durationOf(bytes: Buffer, at: number): number | null {
  const isLong = bytes[at] === 1;
  const scale = bytes.readUInt32BE(at + (isLong ? 20 : 12));
  const duration = isLong ? Number(bytes.readBigUInt64BE(at + 24)) : bytes.readUInt32BE(at + 16);
  return scale > 0 && duration > 0 ? duration / scale : null;
}
