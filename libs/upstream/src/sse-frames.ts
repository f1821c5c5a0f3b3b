import { UpstreamError } from '@app/call';

const LF = 0x0a;
const CR = 0x0d;
const BLANK_LINE = Buffer.from('\n\n');
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const NOTHING = Buffer.alloc(0);
/** One event; beyond it the upstream is broken. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** Cuts a stream of server-sent events into frames; the line ends of a frame are LF, the blank line is left off. */
export class SseFrames {
  /** Pieces of an unfinished frame, joined only when a line end arrives. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #begun = false;
  /** The first bytes, as long as they may be the beginning of a byte order mark. */
  #head: Buffer = NOTHING;
  #afterCr = false;

  /**
   * @param onFrame sees `bytes` from `start` to `end`; they stay valid after the call. Returning false stops.
   * @throws UpstreamError 502 when a frame grows beyond 1 MB
   */
  push(chunk: Buffer, onFrame: (bytes: Buffer, start: number, end: number) => boolean): void {
    let bytes = this.#normalised(chunk);
    if (this.#pendingBytes > 0) {
      if (!bytes.includes(LF)) {
        this.#keep(bytes);
        return;
      }
      bytes = Buffer.concat([...this.#pending, bytes]);
    }
    this.#pending = [];
    this.#pendingBytes = 0;
    let start = 0;
    for (;;) {
      while (bytes[start] === LF) start++;
      const end = bytes.indexOf(BLANK_LINE, start);
      if (end < 0) break;
      if (!onFrame(bytes, start, end)) return;
      start = end + BLANK_LINE.length;
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start));
  }

  #keep(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > MAX_FRAME_BYTES) {
      throw new UpstreamError(502, 'The upstream sent an event larger than 1 MB.', false);
    }
  }

  /** What is left when the stream ends without a blank line. */
  rest(): Buffer {
    return Buffer.concat(this.#pending);
  }

  /** JSON has no raw CR, so each one is a line end: CRLF and CR become LF. */
  #normalised(chunk: Buffer): Buffer {
    let bytes = chunk;
    if (!this.#begun) {
      bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      this.#head = bytes;
      if (bytes.length < BOM.length && BOM.subarray(0, bytes.length).equals(bytes))
        return bytes.subarray(0, 0);
      this.#begun = true;
      // Not kept as long as the stream lasts.
      this.#head = NOTHING;
      if (bytes.subarray(0, BOM.length).equals(BOM)) bytes = bytes.subarray(BOM.length);
    }
    if (!this.#afterCr && !bytes.includes(CR)) return bytes;
    const out = Buffer.allocUnsafe(bytes.length);
    let length = 0;
    for (const byte of bytes) {
      if (byte === LF && this.#afterCr) this.#afterCr = false;
      else {
        this.#afterCr = byte === CR;
        out[length++] = byte === CR ? LF : byte;
      }
    }
    return out.subarray(0, length);
  }
}
