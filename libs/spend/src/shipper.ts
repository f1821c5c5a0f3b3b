import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { readCheckpoint, removeCheckpoint, writeCheckpoint } from './checkpoint.js';
import { type Journal, type Segment } from './journal.js';
import { type RowSlice, SegmentReader } from './segment-reader.js';
import { type SpendTotals } from './spend-totals.js';
import { type SpendWriter } from './spend-writer.js';

const INTERVAL_MS = 200;
/** Without any row: what was left for other reasons, such as a segment that has been sealed. */
const IDLE_MS = 5_000;
/** This many new rows do not wait for the interval. */
const EARLY_ROWS = 500;
/** One statement. More rows cost less each, and keep the database's core busy for longer. */
const SLICE_ROWS = 1_000;
/** What calls get between two full slices of a backlog, so that it is not felt: some 20,000 rows a second remain. */
const BREATH_MS = 20;
const ALARMING_SHARE = 0.8;

/** Carries the rows of this process's journal to PostgreSQL, in order, for ever. */
export class Shipper {
  private readonly logger = new Logger('Shipper');
  private readonly readers = new Map<string, SegmentReader>();
  private readonly stopped = new AbortController();
  private waiting = 0;
  private notedSinceSlice = 0;
  private oldestAtMs: number | null = null;
  private damaged = 0;
  private isNearCap = false;
  private wake: () => void = () => undefined;
  /** A row has come that {@link wake} will be called for. */
  private due: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private pass: Promise<void> | null = null;

  constructor(
    private readonly journal: Journal,
    private readonly writer: SpendWriter,
    private readonly totals: SpendTotals,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** A row was appended. */
  noted(): void {
    this.waiting++;
    this.notedSinceSlice++;
    this.oldestAtMs ??= performance.now();
    this.due ??= setTimeout(() => this.wake(), INTERVAL_MS).unref();
    if (this.waiting === EARLY_ROWS) this.wake();
  }

  stats(): { waitingRows: number; lagMs: number; damagedLines: number } {
    const lagMs = this.oldestAtMs === null ? 0 : performance.now() - this.oldestAtMs;
    return { waitingRows: this.waiting, lagMs, damagedLines: this.damaged };
  }

  /** Ships what is there now. */
  async flush(): Promise<void> {
    await this.pass;
    await this.ship();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
    for (const reader of this.readers.values()) await reader.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      clearTimeout(this.due);
      this.due = undefined;
      const woken = new Promise<void>((resolve) => (this.wake = resolve));
      const hasShipped = await this.ship().then(
        () => true,
        (error: unknown) => {
          if (!signal.aborted) this.logger.error(`Shipping failed: ${(error as Error).message}`);
          return false;
        },
      );
      await this.rest(woken, hasShipped ? IDLE_MS : INTERVAL_MS);
    }
    clearTimeout(this.due);
  }

  /** Until it is woken, has to end, or `ms` are over. */
  private async rest(woken: Promise<void>, ms: number): Promise<void> {
    const { signal } = this.stopped;
    const pause = new AbortController();
    const over = () => pause.abort();
    signal.addEventListener('abort', over);
    await Promise.race([woken, sleep(ms, undefined, { signal: pause.signal }).catch(() => undefined)]);
    pause.abort();
    signal.removeEventListener('abort', over);
  }

  private ship(): Promise<void> {
    this.pass ??= this.shipSegments().finally(() => (this.pass = null));
    return this.pass;
  }

  private async shipSegments(): Promise<void> {
    this.watchCap();
    for (const segment of this.journal.segments()) {
      const known = this.readers.get(segment.path);
      const reader = known ?? new SegmentReader({ path: segment.path, from: readCheckpoint(segment.path) });
      this.readers.set(segment.path, reader);
      try {
        await this.shipSegment(segment, reader);
      } catch (error) {
        // What was read and not written is read again, from the checkpoint.
        this.readers.delete(segment.path);
        await reader.close();
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        if (!segment.isActive) this.logger.error(`${segment.path} has been removed by somebody else.`);
        this.forget(segment, reader);
      }
    }
  }

  private async shipSegment(segment: Segment, reader: SegmentReader): Promise<void> {
    let upcoming = this.read(reader);
    for (let slice = await upcoming; slice; slice = await upcoming) {
      const startedAtMs = performance.now();
      // Read while PostgreSQL works.
      upcoming = this.read(reader);
      upcoming.catch(() => undefined);
      this.totals.settle(await this.writer.write(slice), true);
      writeCheckpoint(segment.path, slice.end);
      this.waiting = Math.max(0, this.waiting - slice.rows);
      this.oldestAtMs = this.waiting === 0 ? null : startedAtMs;
      await this.breathe(slice);
    }
    if (segment.isActive) return;
    await reader.close();
    this.forget(segment, reader);
  }

  private async breathe({ rows }: RowSlice): Promise<void> {
    const isBusy = this.notedSinceSlice > 0;
    this.notedSinceSlice = 0;
    if (isBusy && rows === SLICE_ROWS) await sleep(BREATH_MS);
  }

  private async read(reader: SegmentReader): Promise<RowSlice | null> {
    const damagedBefore = reader.damaged;
    const slice = await reader.next(SLICE_ROWS);
    this.damaged += reader.damaged - damagedBefore;
    return slice;
  }

  private watchCap(): void {
    const { bytes, capBytes } = this.journal.stats();
    const isNearCap = bytes > capBytes * ALARMING_SHARE;
    if (isNearCap && !this.isNearCap) {
      const percent = Math.round((bytes / capBytes) * 100);
      this.logger.error(
        `The journal is ${percent} % full: rows do not reach PostgreSQL as fast as calls make them.`,
      );
    }
    this.isNearCap = isNearCap;
  }

  private forget(segment: Segment, reader: SegmentReader): void {
    this.damaged += reader.tornBytes > 0 ? 1 : 0;
    this.readers.delete(segment.path);
    this.journal.release(segment.path);
    removeCheckpoint(segment.path);
  }
}
