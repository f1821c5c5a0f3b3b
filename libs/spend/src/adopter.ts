import { existsSync, readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { readCheckpoint, removeCheckpoint, writeCheckpoint } from './checkpoint.js';
import { abortedRow, type Orphan, OrphanBook } from './orphans.js';
import { isSameOwner, lifeOf, readSegmentName, type SegmentOwner } from './segment-owner.js';
import { SegmentReader, toSlice } from './segment-reader.js';
import { type SpendConnection } from './spend-connection.js';
import { type SpendTotals } from './spend-totals.js';
import { type SpendWriter } from './spend-writer.js';
import { type Word } from './word-table.js';

/** A segment that has been silent for this long is taken over. */
const SILENT_MS = 15_000;
/** An owner that cannot be looked at might wake up; its last file is kept for this long. */
const KEEP_MS = 3_600_000;
const SLICE_ROWS = 500;
const TRY_LOCK = `SELECT pg_try_advisory_lock(hashtextextended('spend journal ' || $1, 0)) AS held`;
const UNLOCK = `SELECT pg_advisory_unlock(hashtextextended('spend journal ' || $1, 0))`;

/** All segments that one other process left in the directory. */
interface Estate {
  readonly name: string;
  readonly owner: SegmentOwner;
  /** In the order in which they were written. */
  readonly paths: string[];
  bytes: number;
  touchedAtMs: number;
}

export interface AdopterParts {
  readonly directory: string;
  readonly self: SegmentOwner;
  readonly connection: SpendConnection;
  readonly writer: SpendWriter;
  readonly totals: SpendTotals;
}

/** Ships what dead processes left behind and settles the calls that died with them. */
export class Adopter {
  private readonly logger = new Logger('Adopter');
  /** Estates that are done with but may not be removed yet, by name, and their size at that time. */
  private readonly done = new Map<string, number>();
  private rows = 0;
  private orphans = 0;
  private damaged = 0;

  constructor(private readonly parts: AdopterParts) {}

  stats(): { adoptedRows: number; abortedCalls: number; damagedLines: number } {
    return { adoptedRows: this.rows, abortedCalls: this.orphans, damagedLines: this.damaged };
  }

  /** Looks once at everything in the directory that is not ours. */
  async adoptAll(): Promise<void> {
    for (const estate of this.estates()) {
      const life = lifeOf(estate.owner, this.parts.self);
      const silentMs = Date.now() - estate.touchedAtMs;
      if (life !== 'dead' && silentMs < SILENT_MS) continue;
      const mayRemove = life === 'dead' || (life === 'unknown' && silentMs > KEEP_MS);
      if (this.done.get(estate.name) === estate.bytes && !mayRemove) continue;
      if (!(await this.lock(estate))) continue;
      try {
        await this.adopt(estate, { settle: life !== 'alive', mayRemove });
        if (life !== 'alive') this.parts.totals.adopted(estate.name, life === 'dead');
        this.done.set(estate.name, estate.bytes);
      } catch (error) {
        // Another adopter or the owner was here first.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      } finally {
        await this.unlock(estate);
      }
    }
  }

  private async adopt(
    estate: Estate,
    { settle, mayRemove }: { settle: boolean; mayRemove: boolean },
  ): Promise<void> {
    const book = new OrphanBook();
    for (const path of estate.paths) await this.shipSegment(path, book);
    const orphans = book.orphans();
    if (settle) await this.settle(orphans, estate.touchedAtMs);
    if (!mayRemove) return;
    for (const path of estate.paths) {
      await rm(path, { force: true });
      removeCheckpoint(path);
    }
    this.done.delete(estate.name);
    const { pid } = estate.owner;
    this.logger.log(`The journal of process ${pid} is settled; ${orphans.length} calls had not ended.`);
  }

  private async shipSegment(path: string, book: OrphanBook): Promise<void> {
    const reader: SegmentReader = new SegmentReader({
      path,
      from: readCheckpoint(path),
      watch: book.watcher(() => reader.words),
    });
    try {
      for (let slice = await reader.next(SLICE_ROWS); slice; slice = await reader.next(SLICE_ROWS)) {
        const result = await this.parts.writer.write(slice);
        this.parts.totals.settle(result, false);
        this.rows += result.inserted;
        writeCheckpoint(path, slice.end);
      }
      this.damaged += reader.damaged + (reader.tornBytes > 0 ? 1 : 0);
    } finally {
      await reader.close();
    }
  }

  private async settle(orphans: readonly Orphan[], lastSeenMs: number): Promise<void> {
    const rows = new Map<readonly Word[], Buffer[]>();
    for (const orphan of orphans) {
      const row = abortedRow(orphan, lastSeenMs);
      if (row === null) continue;
      const others = rows.get(orphan.words);
      if (others) others.push(Buffer.from(row));
      else rows.set(orphan.words, [Buffer.from(row)]);
    }
    for (const [words, texts] of rows) {
      const result = await this.parts.writer.write(toSlice(texts, words));
      this.parts.totals.settle(result, false);
      this.orphans += result.inserted;
    }
  }

  private estates(): Estate[] {
    const estates = new Map<string, Estate>();
    const { directory } = this.parts;
    // It may have been impossible to make it.
    const files = existsSync(directory) ? readdirSync(directory).sort() : [];
    for (const file of files) {
      const owner = readSegmentName(file)?.owner;
      if (!owner || isSameOwner(owner, this.parts.self)) continue;
      const path = join(directory, file);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (!stat) continue;
      const name = file.replace(/\.\d+\.journal$/, '');
      const estate = estates.get(name) ?? { name, owner, paths: [], bytes: 0, touchedAtMs: 0 };
      estate.paths.push(path);
      estate.bytes += stat.size;
      estate.touchedAtMs = Math.max(estate.touchedAtMs, stat.mtimeMs);
      estates.set(name, estate);
    }
    return [...estates.values()];
  }

  private async lock({ name }: Estate): Promise<boolean> {
    return this.parts.connection.run(async (client) => {
      const { rows } = await client.query<{ held: boolean }>(TRY_LOCK, [name]);
      return rows[0]?.held === true;
    });
  }

  private async unlock({ name }: Estate): Promise<void> {
    // With the connection the lock has gone too.
    await this.parts.connection.run((client) => client.query(UNLOCK, [name])).catch(() => undefined);
  }
}
