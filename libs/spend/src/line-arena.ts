import { encodeLine, type LineKind, MAX_LINE_BYTES } from './journal-line.js';

const CHUNK_BYTES = 512 * 1024;

/** Where a line stands until it is on the disk. */
export interface EncodedLine {
  readonly chunk: Buffer;
  readonly start: number;
  readonly length: number;
}

/**
 * Lines one behind the other in large buffers: no object per line, nothing to copy, and what the last sync has not
 * covered can be written once more.
 */
export class LineArena {
  private chunks: Buffer[] = [];
  private current: Buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  private used = 0;
  private spare: Buffer | null = null;

  get isEmpty(): boolean {
    return this.used === 0 && this.chunks.length === 0;
  }

  encode(kind: LineKind, json: string): EncodedLine {
    if (CHUNK_BYTES - this.used < MAX_LINE_BYTES) {
      this.chunks.push(this.current.subarray(0, this.used));
      this.renew();
    }
    const start = this.used;
    const length = encodeLine(this.current.subarray(start), kind, json);
    this.used += length;
    return { chunk: this.current, start, length };
  }

  /** Takes everything out. */
  take(): Buffer[] {
    const taken = this.used > 0 ? [...this.chunks, this.current.subarray(0, this.used)] : this.chunks;
    this.chunks = [];
    this.renew();
    return taken;
  }

  /** What was taken is not needed any more: one buffer of it is used again. */
  recycle(taken: readonly Buffer[]): void {
    const last = taken.at(-1);
    if (last) this.spare = Buffer.from(last.buffer, last.byteOffset, CHUNK_BYTES);
  }

  private renew(): void {
    this.current = this.spare ?? Buffer.allocUnsafe(CHUNK_BYTES);
    this.spare = null;
    this.used = 0;
  }
}
