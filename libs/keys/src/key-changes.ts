import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { UnavailableError } from '@app/call';
import { DatabaseService, NotificationService } from '@app/database';
import { KeyEntity } from './key.entity.js';
import { KeyPrefixes } from './key-prefixes.js';

export const KEY_CHANNEL = 'virtual_keys';

/** So many epochs of changes are kept; who missed more loads everything anew. */
const KEPT_EPOCHS = 10_000;
const MAX_CHANGES = 1000;
const LOAD_ALL_TIMEOUT_MS = 30_000;
const WRITE_TIMEOUT_MS = 1_000;
/** A write that has not had its turn by then is refused: the database is away or overrun. */
const WRITE_PATIENCE_MS = 2_000;

/** One key that changed; `key` is null where it is gone. */
export interface KeyChange {
  readonly hash: string;
  readonly version: number;
  readonly key: KeyEntity | null;
}

type KeyWork = (manager: EntityManager, version: number) => Promise<KeyChange[]>;

/** Writers wait here for each other, so epochs become visible in their order. */
const NEXT_EPOCH = 'UPDATE key_epoch SET epoch = epoch + 1 RETURNING epoch::text AS epoch';

const RECORD = `
  WITH pruned AS (DELETE FROM key_changes WHERE epoch < $1::bigint - ${KEPT_EPOCHS})
  INSERT INTO key_changes (epoch, key_hash) SELECT $1::bigint, unnest($2::text[])`;

const CHANGED = `
  SELECT key_hash AS hash, max(epoch)::text AS version FROM key_changes
  WHERE epoch > $1 AND epoch <= $2 GROUP BY key_hash LIMIT ${MAX_CHANGES + 1}`;

const ALL_PREFIXES = `
  SELECT epoch::text AS epoch,
    (SELECT string_agg(decode(left(hash, 16), 'hex'), '') FROM virtual_keys) AS prefixes
  FROM key_epoch`;

/** The numbered list of changes to keys that every replica follows. */
@Injectable()
export class KeyChanges {
  /** Ends when the writes of this process that were asked for so far have ended. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    @InjectRepository(KeyEntity) private readonly keys: Repository<KeyEntity>,
    private readonly database: DatabaseService,
    private readonly notifications: NotificationService,
  ) {}

  /**
   * The one way to write keys: a transaction with the next epoch, which becomes the `version` of what
   * `work` writes. What it returns is noted as changed, and told to every replica at commit.
   * @throws UnavailableError when the database is away, and what `work` throws
   */
  write(work: KeyWork): Promise<KeyChange[]> {
    // One at a time: writers that wait for the epoch would hold every connection of the pool.
    const patience = performance.now() + WRITE_PATIENCE_MS;
    const written = this.turn.then(() => {
      if (performance.now() > patience) throw unavailable();
      return this.writeNow(work);
    });
    this.turn = written.catch(() => undefined);
    return written;
  }

  async epoch(): Promise<number> {
    this.requireDatabase();
    return epochIn(await this.keys.query<EpochRow[]>('SELECT epoch::text AS epoch FROM key_epoch'));
  }

  /** What changed after `seen`, up to and with `epoch`; null where that cannot be told any more. */
  async between(seen: number, epoch: number): Promise<KeyChange[] | null> {
    if (epoch < seen || epoch - seen > KEPT_EPOCHS) return null;
    const changed = await this.keys.query<{ hash: string; version: string }[]>(CHANGED, [seen, epoch]);
    if (changed.length > MAX_CHANGES) return null;
    const keys = await this.load(changed.map(({ hash }) => hash));
    const byHash = new Map(keys.map((key) => [key.hash, key]));
    return changed.map(({ hash, version }) => ({
      hash,
      version: Number(version),
      key: byHash.get(hash) ?? null,
    }));
  }

  load(hashes: readonly string[]): Promise<KeyEntity[]> {
    this.requireDatabase();
    // Not `= ANY`: without fresh statistics the planner reads the whole table for a long list.
    return this.keys
      .createQueryBuilder('key')
      .where('key.hash IN (SELECT unnest(:hashes::text[]))', { hashes })
      .getMany();
  }

  /** The prefixes of all keys, and the epoch at which they were all. */
  async allPrefixes(): Promise<{ epoch: number; prefixes: KeyPrefixes }> {
    this.requireDatabase();
    const rows = await this.database.transaction(LOAD_ALL_TIMEOUT_MS, (manager) =>
      manager.query<(EpochRow & { prefixes: Buffer | null })[]>(ALL_PREFIXES),
    );
    return { epoch: epochIn(rows), prefixes: KeyPrefixes.from(rows[0]?.prefixes ?? Buffer.alloc(0)) };
  }

  private writeNow(work: KeyWork): Promise<KeyChange[]> {
    return this.database.transaction(WRITE_TIMEOUT_MS, async (manager) => {
      const epoch = epochIn(returned(await manager.query(NEXT_EPOCH)));
      const changed = await work(manager, epoch);
      await manager.query(RECORD, [epoch, changed.map(({ hash }) => hash)]);
      await this.notifications.notify(KEY_CHANNEL, String(epoch), manager);
      return changed;
    });
  }

  /** Before the first connect and the migrations there are no tables to ask. */
  private requireDatabase(): void {
    if (!this.database.ready) throw unavailable();
  }
}

const unavailable = (): UnavailableError =>
  new UnavailableError('The database is not available. Try again shortly.');

interface EpochRow {
  readonly epoch: string;
}

/** TypeORM answers an UPDATE with `[rows, count]`. */
function returned(answer: unknown): EpochRow[] {
  return (answer as [EpochRow[], number])[0];
}

function epochIn(rows: readonly EpochRow[]): number {
  const [row] = rows;
  if (!row) throw new Error('The table key_epoch has lost its row');
  return Number(row.epoch);
}
