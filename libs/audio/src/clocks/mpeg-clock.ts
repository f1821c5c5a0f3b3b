import { type AudioClock } from '../audio-clock.js';
import { FrameWalker, type Step } from './frame-walker.js';
import { MPEG_HEADER_BYTES, mpegFrameAt, tagBytesAt } from './mpeg-frame.js';

/** Garbage before or between frames; beyond it this is no MPEG audio. */
const MAX_GARBAGE_BYTES = 64 * 1024;

/** Counts the frames of MP3 and of AAC in ADTS. */
export class MpegClock implements AudioClock {
  #seconds = 0;
  #garbage = 0;
  readonly #walker = new FrameWalker(MPEG_HEADER_BYTES, (bytes, at) => this.#visit(bytes, at));

  push(chunk: Buffer): void {
    this.#walker.push(chunk);
  }

  seconds(): number | null {
    return this.#seconds > 0 && !this.#walker.isLost ? this.#seconds : null;
  }

  #visit(bytes: Buffer, at: number): Step | null {
    const tagBytes = tagBytesAt(bytes, at);
    if (tagBytes > 0) return { advance: tagBytes, need: MPEG_HEADER_BYTES };
    const frame = mpegFrameAt(bytes, at);
    if (!frame) {
      this.#garbage += 1;
      return this.#garbage > MAX_GARBAGE_BYTES ? null : { advance: 1, need: MPEG_HEADER_BYTES };
    }
    this.#garbage = 0;
    this.#seconds += frame.seconds;
    return { advance: frame.bytes, need: MPEG_HEADER_BYTES };
  }
}
