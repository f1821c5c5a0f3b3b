import { UpstreamError } from '@app/call';
import { MPEG_HEADER_BYTES, mpegFrameAt, tagBytesAt } from '../clocks/mpeg-frame.js';
import { type AudioJoin } from './audio-join.js';

/** Garbage before or between frames; beyond it this is no MP3. */
const MAX_GARBAGE_BYTES = 64 * 1024;
/** The names by which an encoder marks a frame that tells of its file instead of playing. */
const INFO_MARKS = ['Xing', 'Info', 'VBRI'];
/** Such a name stands behind the longest side information at the latest. */
const INFO_MARK_END = 46;
const NOTHING = Buffer.alloc(0);

/**
 * Whole frames follow one another: each part was encoded on its own, so that none needs what stood before it. Tags,
 * and frames that tell how long one part plays, are left out: players would believe them.
 */
export class Mp3Join implements AudioJoin {
  #pending: Buffer = NOTHING;
  #skip = 0;
  #garbage = 0;
  #isFirstFrame = true;

  push(chunk: Buffer): readonly Buffer[] {
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    const fresh = chunk.subarray(skipped);
    const bytes = this.#pending.length === 0 ? fresh : Buffer.concat([this.#pending, fresh]);
    const frames: Buffer[] = [];
    const end = this.#walk(bytes, (frame) => frames.push(frame));
    this.#skip += Math.max(0, end - bytes.length);
    // A copy: the chunk itself may be large.
    this.#pending = end < bytes.length ? Buffer.from(bytes.subarray(end)) : NOTHING;
    return frames.length > 1 ? [Buffer.concat(frames)] : frames;
  }

  endPart(): readonly Buffer[] {
    this.#pending = NOTHING;
    this.#skip = 0;
    this.#isFirstFrame = true;
    return [];
  }

  /** Returns where the first frame begins that is not all there. */
  #walk(bytes: Buffer, onFrame: (frame: Buffer) => void): number {
    let at = 0;
    while (bytes.length - at >= MPEG_HEADER_BYTES) {
      const tag = tagBytesAt(bytes, at);
      const frame = tag > 0 ? null : mpegFrameAt(bytes, at);
      if (frame) {
        if (at + frame.bytes > bytes.length) return at;
        const whole = bytes.subarray(at, at + frame.bytes);
        if (!this.#isInfo(whole)) onFrame(whole);
        this.#garbage = 0;
      } else if (tag === 0 && ++this.#garbage > MAX_GARBAGE_BYTES) {
        throw new UpstreamError(502, 'The upstream sent no MP3.', true);
      }
      at += frame?.bytes ?? Math.max(1, tag);
    }
    return at;
  }

  #isInfo(frame: Buffer): boolean {
    if (!this.#isFirstFrame) return false;
    this.#isFirstFrame = false;
    const head = frame.toString('latin1', 0, INFO_MARK_END);
    return INFO_MARKS.some((mark) => head.includes(mark));
  }
}
