import { type FileHandle, open } from 'node:fs/promises';
import { LINE, scanLines } from './journal-line.js';
import { RowText } from './row-text.js';
import { type Word, type WordBlock, WordTable } from './word-table.js';

/** Rows as PostgreSQL takes them: the text of a JSON array, and the words that its numbers stand for. */
export interface RowSlice {
  readonly json: Buffer;
  readonly rows: number;
  readonly words: readonly Word[];
  /** Offset behind the last row, for a slice that was read from a segment. */
  readonly end: number;
}

/** Sees every intact line; its JSON stands in `bytes` from `start` to `end`. */
export type LineWatcher = (line: {
  readonly kind: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}) => void;

export interface ReaderOptions {
  readonly path: string;
  /** Rows before this offset are not handed out again. */
  readonly from?: number;
  readonly watch?: LineWatcher;
}

/** Looked through in one turn of the event loop, in less than a millisecond. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a segment from its start, also while it is being written. Each turn of the event loop sees at most one
 * chunk. Rows leave as the bytes that stand in the file.
 */
export class SegmentReader {
  private readonly table = new WordTable();
  private handle: FileHandle | null = null;
  private chunk: Buffer = Buffer.alloc(0);
  /** The part of the chunk that is still to be looked through. */
  private unread: Buffer = this.chunk;
  private rows = new RowText();
  /** The slice before. */
  private rowsBefore = new RowText();
  private readTo = 0;
  /** Offset behind the last line that was handed out or skipped. */
  private seenTo = 0;
  private damagedLines = 0;
  private isSealed = false;

  constructor(private readonly options: ReaderOptions) {}

  get offset(): number {
    return Math.max(this.seenTo, this.options.from ?? 0);
  }

  get damaged(): number {
    return this.damagedLines;
  }

  get words(): readonly Word[] {
    return this.table.words;
  }

  /** The owner wrote its last line here. */
  get sealed(): boolean {
    return this.isSealed;
  }

  /** Bytes behind the last complete line: a torn line once nobody writes any more. */
  get tornBytes(): number {
    return this.unread.length;
  }

  /** The next rows, at most `maxRows`; null when there are none for now. A slice holds until the next but one is read. */
  async next(maxRows: number): Promise<RowSlice | null> {
    [this.rows, this.rowsBefore] = [this.rowsBefore, this.rows];
    const { rows } = this;
    rows.clear();
    while (rows.rows < maxRows) {
      this.scan(rows, maxRows);
      if (rows.rows >= maxRows || !(await this.readChunk())) break;
    }
    if (rows.rows === 0) return null;
    return { json: rows.text(), rows: rows.rows, words: this.table.words, end: this.offset };
  }

  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = null;
  }

  private scan(rows: RowText, maxRows: number): void {
    const bytes = this.unread;
    const base = this.seenTo;
    const { from = 0, watch } = this.options;
    const { consumed, damaged } = scanLines(bytes, (kind, start, end) => {
      watch?.({ kind, bytes, start, end });
      if (kind === LINE.words) this.restore(bytes.toString('utf8', start, end));
      if (kind === LINE.sealed) this.isSealed = true;
      if (kind === LINE.ended && base + start >= from) rows.add(bytes, start, end);
      return rows.rows < maxRows;
    });
    this.unread = bytes.subarray(consumed);
    this.seenTo += consumed;
    this.damagedLines += damaged;
  }

  private async readChunk(): Promise<boolean> {
    this.handle ??= await open(this.options.path, 'r');
    const { unread } = this;
    const { length } = unread;
    if (this.chunk.length < length + CHUNK_BYTES)
      this.chunk = Buffer.allocUnsafeSlow(Math.max(length + CHUNK_BYTES, 2 * this.chunk.length));
    // A line that goes on: to the front, or into the larger chunk.
    unread.copy(this.chunk);
    const { bytesRead } = await this.handle.read(this.chunk, length, CHUNK_BYTES, this.readTo);
    this.unread = this.chunk.subarray(0, length + bytesRead);
    if (bytesRead === 0) return false;
    this.readTo += bytesRead;
    return true;
  }

  private restore(json: string): void {
    const block = JSON.parse(json) as Partial<WordBlock>;
    if (typeof block.first !== 'number' || !Array.isArray(block.words)) return;
    this.table.restore({ first: block.first, words: block.words });
  }
}

/** A JSON array out of the texts of its elements. */
export function toSlice(parts: readonly Buffer[], words: readonly Word[], end = 0): RowSlice {
  const rows = new RowText();
  for (const part of parts) rows.add(part, 0, part.length);
  return { json: rows.text(), rows: rows.rows, words, end };
}
