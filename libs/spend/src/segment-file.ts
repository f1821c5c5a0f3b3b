import { GroupSync } from './group-sync.js';
import { type JournalFileSystem } from './journal-files.js';
import { LINE, type LineKind } from './journal-line.js';
import { type WordBlock, WordTable } from './word-table.js';

export interface SegmentFileOptions {
  readonly path: string;
  readonly fd: number;
  readonly directory: string;
  readonly files: JournalFileSystem;
  /** Told of every failed write; what it returns is thrown. */
  readonly onFailed: (error: Error) => Error;
  /** The disk has lost what it was given; `lines` are those since the last sync that worked. */
  readonly onLost: (error: Error, lines: readonly Buffer[]) => void;
}

/** One file of the journal while this process writes it. */
export class SegmentFile {
  readonly words = new WordTable((block) => this.writeWords(block));
  private readonly sync: GroupSync;
  private written = 0;
  private carried = 0;

  constructor(private readonly options: SegmentFileOptions) {
    const { fd, directory, files, onLost } = options;
    this.sync = new GroupSync(files, { fd, directory }, onLost);
  }

  get path(): string {
    return this.options.path;
  }

  get bytes(): number {
    return this.written;
  }

  /** Without what was written when the segment was opened: that is no reason to open the next one. */
  get ownBytes(): number {
    return this.written - this.carried;
  }

  get isDirty(): boolean {
    return this.sync.isDirty;
  }

  get isRemoved(): boolean {
    return this.options.files.links(this.options.fd) === 0;
  }

  write(kind: LineKind, json: string): void {
    const { files, fd, onFailed } = this.options;
    const line = this.sync.encode(kind, json);
    let length: number;
    try {
      length = files.write(fd, line);
    } catch (error) {
      throw onFailed(error as Error);
    }
    this.written += length;
    // The torn line has no newline: nothing may follow it in this file.
    if (length < line.length) throw onFailed(new Error('the disk of the journal is full'));
  }

  /** What was written so far belongs to the opening. */
  opened(): void {
    this.carried = this.written;
  }

  /** Resolves when everything written is on the disk; rejects when it never will be. */
  synced(): Promise<void> {
    return this.sync.synced();
  }

  touch(): void {
    this.options.files.touch(this.options.fd);
  }

  async close(): Promise<void> {
    await this.synced().catch(() => undefined);
    this.options.files.close(this.options.fd);
  }

  /** Twice: one damaged line must not take the names from all rows behind it. */
  private writeWords({ first, words }: WordBlock): void {
    const json = JSON.stringify({ first, words });
    this.write(LINE.words, json);
    this.write(LINE.words, json);
  }
}
