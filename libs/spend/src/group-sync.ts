import { type JournalFileSystem } from './journal-files.js';
import { type LineKind } from './journal-line.js';

export interface UnsyncedLine {
  readonly kind: LineKind;
  readonly json: string;
}

/**
 * Brings one file to the disk, many lines with one fdatasync. An error is final for the file: the kernel
 * may have dropped the pages and reports it only once. The lines since the last success are kept, so that they can
 * be written elsewhere.
 */
export class GroupSync {
  private pending: UnsyncedLine[] = [];
  private syncing: Promise<void> | null = null;
  private directorySynced = false;
  private failure: Error | null = null;

  constructor(
    private readonly files: JournalFileSystem,
    private readonly target: { readonly fd: number; readonly directory: string },
    private readonly onFailure: (error: Error, lines: readonly UnsyncedLine[]) => void,
  ) {}

  written(kind: LineKind, json: string): void {
    this.pending.push({ kind, json });
  }

  get isDirty(): boolean {
    return this.pending.length > 0;
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
    const lines = this.pending;
    if (lines.length === 0) return;
    this.pending = [];
    try {
      if (!this.directorySynced) await this.files.syncDirectory(this.target.directory);
      this.directorySynced = true;
      await this.files.datasync(this.target.fd);
    } catch (error) {
      this.failure = error as Error;
      this.onFailure(this.failure, [...lines, ...this.pending]);
      throw error;
    }
  }
}
