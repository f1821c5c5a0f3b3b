import { type EntityManager } from 'typeorm';
import { type DatabaseService, databaseUnavailable } from '@app/database';

/** A write that has not had its turn by then is refused: the database is away or overrun. */
const PATIENCE_MS = 2_000;

/** The number of the last change to keys, or to whom they belong. */
export const READ_EPOCH = 'SELECT epoch::text AS epoch FROM key_epoch';
/** Writers wait here for each other, also those of other replicas, so that epochs become visible in their order. */
const NEXT_EPOCH = 'UPDATE key_epoch SET epoch = epoch + 1 RETURNING epoch::text AS epoch';

interface EpochRow {
  readonly epoch: string;
}

/** Writes keys, or principals, each under the next epoch. */
export class EpochWriter {
  /** Ends when the writes that were asked for so far have ended. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly database: DatabaseService) {}

  /**
   * A transaction with the next epoch, in its turn.
   * @param timeoutMs of each statement
   * @throws UnavailableError when the database is away, and what `work` throws
   */
  write<T>(work: (manager: EntityManager, epoch: number) => Promise<T>, timeoutMs: number): Promise<T> {
    // One at a time: writers that wait for the epoch would hold every connection of the pool.
    const patience = performance.now() + PATIENCE_MS;
    const written = this.#turn.then(() => {
      if (performance.now() > patience) throw databaseUnavailable();
      return this.database.transaction(timeoutMs, async (manager) => {
        // TypeORM answers an UPDATE with `[rows, count]`.
        const [rows] = await manager.query<[EpochRow[], number]>(NEXT_EPOCH);
        return work(manager, epochIn(rows));
      });
    });
    this.#turn = written.catch(() => undefined);
    return written;
  }
}

/** Of what {@link READ_EPOCH} was answered with. */
export function epochIn(rows: readonly EpochRow[]): number {
  const [row] = rows;
  if (!row) throw new Error('The table key_epoch has lost its row');
  return Number(row.epoch);
}
