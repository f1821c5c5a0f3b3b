import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { type JournalFileSystem, realFiles } from './journal-files.js';
import { LINE, type LineKind, scanLines } from './journal-line.js';
import { SegmentFile } from './segment-file.js';
import { segmentFileName, type SegmentOwner, thisProcess } from './segment-owner.js';
import { type WordBlock, type WordTable } from './word-table.js';

export interface JournalOptions {
  readonly directory: string;
  readonly segmentBytes?: number;
  /** All segments of this process that PostgreSQL has not got yet. */
  readonly capBytes?: number;
  readonly files?: JournalFileSystem;
}

/** One file of the journal that this process wrote or writes. */
export interface Segment {
  readonly path: string;
  readonly isActive: boolean;
}

/** The journal cannot take the line; the reason is on the disk. */
export class JournalError extends Error {}

const SEGMENT_BYTES = 8 * 1024 * 1024;
const CAP_BYTES = 512 * 1024 * 1024;
const SYNC_INTERVAL_MS = 50;
const HEARTBEAT_MS = 2_000;
/** After this much silence somebody else may have taken the segment for abandoned. */
const SUSPECT_MS = 10_000;
const RETRY_MS = 1_000;
/** Less free space than this is not worth a new attempt after the disk was full. */
const WORTHWHILE_BYTES = 256 * 1024;
/** Numbers of words stay small: the whole table goes with every statement. */
const MAX_WORDS = 8_192;

/**
 * Append-only files of this process alone. What {@link append} returned from survives `kill -9`, and the loss
 * of power after the next group sync.
 */
export class Journal {
  readonly owner: SegmentOwner = thisProcess();
  private readonly logger = new Logger('Journal');
  private readonly files: JournalFileSystem;
  private readonly segmentBytes: number;
  private readonly capBytes: number;
  private readonly sealed = new Map<string, number>();
  private beating: NodeJS.Timeout | undefined;
  private syncing: NodeJS.Timeout | undefined;
  private active: SegmentFile | null = null;
  private sequence = 0;
  private retryAtMs = 0;
  private beatAtMs = performance.now();
  private failures = 0;

  /** Writes again what must be found in the newest segment: the calls under way. */
  carryOver: (words: WordTable) => void = () => undefined;

  constructor(private readonly options: JournalOptions) {
    this.files = options.files ?? realFiles;
    this.segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.capBytes = options.capBytes ?? CAP_BYTES;
  }

  get directory(): string {
    return this.options.directory;
  }

  /** Makes the directory, says what is wrong with it and begins to keep time. */
  start(): void {
    try {
      this.files.makeDirectory(this.directory);
      this.warnOfVolatile();
    } catch (error) {
      this.logger.error(
        `The journal directory ${this.directory} cannot be used: ${(error as Error).message}`,
      );
    }
    this.beating = setInterval(() => this.heartbeat(), HEARTBEAT_MS).unref();
  }

  /**
   * To be called before the lines of one record: no new segment begins until the next call.
   * @throws JournalError when the journal takes nothing now
   */
  begin(): WordTable {
    if (this.bytes >= this.capBytes) throw new JournalError('the journal has reached its cap');
    if (this.active && performance.now() - this.beatAtMs > SUSPECT_MS) this.heartbeat();
    const { active } = this;
    if (!active) return this.reopen();
    const isFull = active.ownBytes >= this.segmentBytes || active.words.words.length >= MAX_WORDS;
    if (!isFull) return active.words;
    this.seal(active);
    return this.openSegment().words;
  }

  /** @throws JournalError */
  append(kind: LineKind, json: string): void {
    if (!this.active) throw new JournalError('the journal is closed');
    this.active.write(kind, json);
    this.syncSoon();
  }

  /**
   * Resolves when everything that was appended is on the disk.
   * @throws JournalError when no file took it
   */
  async synced(): Promise<void> {
    while (this.active) {
      const isSynced = await this.active.synced().then(
        () => true,
        () => false,
      );
      // If not, the lines were written again to the segment that is active now.
      if (isSynced) return;
    }
    throw new JournalError('the journal could not be brought to the disk');
  }

  /** Oldest first. */
  segments(): Segment[] {
    const sealed = [...this.sealed.keys()].map((path) => ({ path, isActive: false }));
    return this.active ? [...sealed, { path: this.active.path, isActive: true }] : sealed;
  }

  /** PostgreSQL has all of it. */
  release(path: string): void {
    this.files.remove(path);
    this.sealed.delete(path);
  }

  get bytes(): number {
    let sum = this.active?.bytes ?? 0;
    for (const bytes of this.sealed.values()) sum += bytes;
    return sum;
  }

  stats(): { isUsable: boolean; bytes: number; capBytes: number; segments: number; failures: number } {
    const { bytes, capBytes, failures } = this;
    const isUsable = bytes < capBytes && (this.active !== null || failures === 0);
    return { isUsable, bytes, capBytes, segments: this.sealed.size + (this.active ? 1 : 0), failures };
  }

  async stop(): Promise<void> {
    clearInterval(this.beating);
    clearTimeout(this.syncing);
    const { active } = this;
    if (!active) return;
    await active.synced().catch(() => undefined);
    this.seal(active);
  }

  private warnOfVolatile(): void {
    const kind = this.files.volatileKind(this.directory);
    if (!kind) return;
    this.logger.warn(
      `The journal directory ${this.directory} is on ${kind}: rows that PostgreSQL has not got yet are lost with ` +
        `${kind === 'tmpfs' ? 'the machine' : 'the container'}. Mount a volume there.`,
    );
  }

  private reopen(): WordTable {
    const now = performance.now();
    if (now < this.retryAtMs) throw new JournalError('the journal has failed and will be tried again');
    this.retryAtMs = now + RETRY_MS;
    const { words } = this.openSegment();
    if (this.failures > 0) this.logger.log('The journal takes lines again.');
    this.retryAtMs = 0;
    return words;
  }

  /** `carried` keeps its numbers: lines that name them will follow. */
  private openSegment(carried: readonly WordBlock[] = []): SegmentFile {
    try {
      const segment = this.newFile();
      this.active = segment;
      this.beatAtMs = performance.now();
      segment.write(LINE.owner, JSON.stringify({ ...this.owner, at: new Date().toISOString() }));
      carried.forEach((block) => segment.words.carry(block));
      this.carryOver(segment.words);
      segment.opened();
      this.syncSoon();
      return segment;
    } catch (error) {
      throw error instanceof JournalError ? error : this.failed(error as Error);
    }
  }

  private newFile(): SegmentFile {
    const { directory, files } = this;
    files.makeDirectory(directory);
    if (this.failures > 0 && files.freeBytes(directory) < WORTHWHILE_BYTES) {
      throw new JournalError('the disk of the journal is full');
    }
    for (;;) {
      const path = join(directory, segmentFileName(this.owner, this.sequence++));
      try {
        const fd = files.openNew(path);
        const segment: SegmentFile = new SegmentFile({
          ...{ path, fd, directory, files },
          onFailed: (error) => this.failed(error),
          onLost: (error, lines) => this.abandon(segment, error, lines),
        });
        return segment;
      } catch (error) {
        // Another journal of this process has that number.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  private failed(error: Error): JournalError {
    if (this.failures++ === 0 || this.active) {
      this.logger.error(`The journal failed, rows go to PostgreSQL directly: ${error.message}`);
    }
    this.retryAtMs = performance.now() + RETRY_MS;
    if (this.active) this.retire(this.active);
    return new JournalError(error.message, { cause: error });
  }

  /** A failed sync: what may be lost is written again, under the same numbers, to a new file. */
  private abandon(segment: SegmentFile, error: Error, lines: readonly Buffer[]): void {
    this.failures++;
    this.logger.error(`A segment of the journal could not be synced and is given up: ${error.message}`);
    if (this.active === segment) this.retire(segment);
    try {
      if (this.active) this.seal(this.active);
      this.openSegment(segment.words.blocks);
      for (const chunk of lines) {
        scanLines(chunk, (kind, start, end) => {
          const isCall = kind === LINE.begun || kind === LINE.progress || kind === LINE.ended;
          if (isCall) this.append(kind, chunk.toString('utf8', start, end));
          return true;
        });
      }
    } catch {
      // append has said so already; the page cache still shows the old file to the shipper.
    }
  }

  private seal(segment: SegmentFile): void {
    try {
      segment.write(LINE.sealed, '{}');
    } catch {
      return;
    }
    this.retire(segment);
  }

  private retire(segment: SegmentFile): void {
    if (this.active === segment) this.active = null;
    this.sealed.set(segment.path, segment.bytes);
    void segment.close();
  }

  /** What was written is on its way to the disk within {@link SYNC_INTERVAL_MS}; nothing runs while nothing is written. */
  private syncSoon(): void {
    this.syncing ??= setTimeout(() => {
      this.syncing = undefined;
      if (this.active?.isDirty) this.active.synced().catch(() => undefined);
    }, SYNC_INTERVAL_MS).unref();
  }

  /** Shows others that this process lives; after a long pause somebody may have adopted the segment. */
  private heartbeat(): void {
    const { active } = this;
    const silentMs = performance.now() - this.beatAtMs;
    this.beatAtMs = performance.now();
    if (!active) return;
    try {
      if (silentMs > SUSPECT_MS || active.isRemoved) {
        this.seal(active);
        this.openSegment();
      } else active.touch();
    } catch (error) {
      this.logger.error(`The journal's heartbeat failed: ${(error as Error).message}`);
    }
  }
}
