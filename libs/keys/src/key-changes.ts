import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { databaseUnavailable, DatabaseService, NotificationService } from '@app/database';
import { epochIn, EpochWriter } from '@app/users';
import { KeyPrefixes } from './key-prefixes.js';
import { KeyReader } from './key-reader.js';
import { type FoundKey } from './key-snapshot.js';
import { KEPT_EPOCHS, type KeyChange, noteKeyChanges } from './note-key-changes.js';

const MAX_CHANGES = 1000;
const LOAD_ALL_TIMEOUT_MS = 30_000;
const WRITE_TIMEOUT_MS = 2_000;

export type KeyWork = (manager: EntityManager, version: number) => Promise<readonly KeyChange[]>;

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
  private readonly writer: EpochWriter;

  constructor(
    private readonly reader: KeyReader,
    private readonly database: DatabaseService,
    private readonly notifications: NotificationService,
  ) {
    this.writer = new EpochWriter(database);
  }

  /**
   * The one way to write keys: a transaction with the next epoch, which becomes the `version` of what
   * `work` writes. What it returns is noted as changed, and told to every replica at commit. Answers with every
   * credential that it touches, as it is from then on.
   * @throws UnavailableError when the database is away, and what `work` throws
   */
  write(work: KeyWork): Promise<FoundKey[]> {
    return this.writer.write(async (manager, epoch) => {
      const changed = await work(manager, epoch);
      const touched = await noteKeyChanges({ manager, epoch, notifications: this.notifications }, changed);
      // Nobody else can have written since this epoch began: what is read here is the state at its end.
      return this.reader.load(
        touched.map(({ hash }) => hash),
        { manager, epoch },
      );
    }, WRITE_TIMEOUT_MS);
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
    if (!this.database.ready) throw databaseUnavailable();
    const rows = await this.database.transaction(LOAD_ALL_TIMEOUT_MS, (manager) =>
      manager.query<{ epoch: string; prefixes: Buffer | null }[]>(ALL_PREFIXES),
    );
    return { epoch: epochIn(rows), prefixes: KeyPrefixes.from(rows[0]?.prefixes ?? Buffer.alloc(0)) };
  }
}
