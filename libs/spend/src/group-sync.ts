import { type JournalFileSystem } from './journal-files.js';
import { type LineKind } from './journal-line.js';
import { type EncodedLine, LineArena } from './line-arena.js';

/**
 * Brings one file to the disk, many lines with one fdatasync. An error is final for the file: the kernel
 * may have dropped the pages and reports it only once. The lines since the last success are kept, so that they can
 * be written elsewhere.
 */
export class GroupSync {
  private readonly unsynced = new LineArena();
  private syncing: Promise<void> | null = null;
  private directorySynced = false;
  private failure: Error | null = null;

  constructor(
    private readonly files: JournalFileSystem,
    private readonly target: { readonly fd: number; readonly directory: string },
    private readonly onFailure: (error: Error, lines: readonly Buffer[]) => void,
  ) {}

  /** The bytes of a line that is about to be written. */
  encode(kind: LineKind, json: string): EncodedLine {
    return this.unsynced.encode(kind, json);
  }

  get isDirty(): boolean {
    return !this.unsynced.isEmpty;
  }

  /** Resolves when every line written so far is on the disk; rejects when this file will never be. */
  async synced(): Promise<void> {
    // A sync that is under way may have begun before the last line.
    if (this.syncing) await this.syncing;
    this.syncing ??= this.sync().finally(() => (this.syncing = null));
    await this.syncing;
  }

  private async sync(): Promise<void> {
    if (this.failure) throw this.failure;
    // Lines of the same turn of the event loop share this sync.
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.isDirty) return;
    const lines = this.unsynced.take();
    try {
      if (!this.directorySynced) await this.files.syncDirectory(this.target.directory);
      this.directorySynced = true;
      await this.files.datasync(this.target.fd);
      this.unsynced.recycle(lines);
    } catch (error) {
      this.failure = error as Error;
      this.onFailure(this.failure, [...lines, ...this.unsynced.take()]);
      throw error;
    }
  }
}
