import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { UnavailableError } from '@app/call';
import { DatabaseService, NotificationService } from '@app/database';
import { KeyPrefixes } from './key-prefixes.js';
import { KeyReader } from './key-reader.js';
import { type FoundKey } from './key-snapshot.js';
import { KEPT_EPOCHS, type KeyChange, noteKeyChanges } from './note-key-changes.js';

const MAX_CHANGES = 1000;
const LOAD_ALL_TIMEOUT_MS = 30_000;
const WRITE_TIMEOUT_MS = 2_000;
/** A write that has not had its turn by then is refused: the database is away or overrun. */
const WRITE_PATIENCE_MS = 2_000;

export type KeyWork = (manager: EntityManager, version: number) => Promise<readonly KeyChange[]>;

/** Writers wait here for each other, so epochs become visible in their order. */
const NEXT_EPOCH = 'UPDATE key_epoch SET epoch = epoch + 1 RETURNING epoch::text AS epoch';

const CHANGED = `
  SELECT DISTINCT key_hash AS hash FROM key_changes WHERE epoch > $1 AND epoch <= $2 LIMIT ${MAX_CHANGES + 1}`;

const ALL_PREFIXES = `
  SELECT epoch::text AS epoch,
    (SELECT string_agg(decode(left(hash, 16), 'hex'), '')
     FROM (SELECT hash FROM virtual_keys UNION ALL SELECT hash FROM replaced_keys) AS every) AS prefixes
  FROM key_epoch`;

/** The numbered list of changes to keys that every replica follows. */
@Injectable()
export class KeyChanges {
  /** Ends when the writes of this process that were asked for so far have ended. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly reader: KeyReader,
    private readonly database: DatabaseService,
    private readonly notifications: NotificationService,
  ) {}

  /**
   * The one way to write keys: a transaction with the next epoch, which becomes the `version` of what
   * `work` writes. What it returns is noted as changed, and told to every replica at commit. Answers with every
   * credential that it touches, as it is from then on.
   * @throws UnavailableError when the database is away, and what `work` throws
   */
  write(work: KeyWork): Promise<FoundKey[]> {
    // One at a time: writers that wait for the epoch would hold every connection of the pool.
    const patience = performance.now() + WRITE_PATIENCE_MS;
    const written = this.turn.then(() => {
      if (performance.now() > patience) throw unavailable();
      return this.writeNow(work);
    });
    this.turn = written.catch(() => undefined);
    return written;
  }

  epoch(): Promise<number> {
    return this.reader.epoch();
  }

  /** What changed after `seen`, up to and with `epoch`, as it is now; null where that cannot be told any more. */
  async between(seen: number, epoch: number): Promise<FoundKey[] | null> {
    if (epoch < seen || epoch - seen > KEPT_EPOCHS) return null;
    const changed = await this.reader.query<{ hash: string }[]>(CHANGED, [seen, epoch]);
    if (changed.length > MAX_CHANGES) return null;
    return this.reader.load(changed.map(({ hash }) => hash));
  }

  load(hashes: readonly string[]): Promise<FoundKey[]> {
    return this.reader.load(hashes);
  }

  /** The prefixes of all keys, and the epoch at which they were all. */
  async allPrefixes(): Promise<{ epoch: number; prefixes: KeyPrefixes }> {
    if (!this.database.ready) throw unavailable();
    const rows = await this.database.transaction(LOAD_ALL_TIMEOUT_MS, (manager) =>
      manager.query<(EpochRow & { prefixes: Buffer | null })[]>(ALL_PREFIXES),
    );
    return { epoch: epochIn(rows), prefixes: KeyPrefixes.from(rows[0]?.prefixes ?? Buffer.alloc(0)) };
  }

  private writeNow(work: KeyWork): Promise<FoundKey[]> {
    return this.database.transaction(WRITE_TIMEOUT_MS, async (manager) => {
      // TypeORM answers an UPDATE with `[rows, count]`.
      const [rows] = await manager.query<[EpochRow[], number]>(NEXT_EPOCH);
      const epoch = epochIn(rows);
      const changed = await work(manager, epoch);
      const touched = await noteKeyChanges({ manager, epoch, notifications: this.notifications }, changed);
      // Nobody else can have written since this epoch began: what is read here is the state at its end.
      return this.reader.load(
        touched.map(({ hash }) => hash),
        { manager, epoch },
      );
    });
  }
}

const unavailable = (): UnavailableError =>
  new UnavailableError('The database is not available. Try again shortly.');

interface EpochRow {
  readonly epoch: string;
}

function epochIn(rows: readonly EpochRow[]): number {
  const [row] = rows;
  if (!row) throw new Error('The table key_epoch has lost its row');
  return Number(row.epoch);
}
