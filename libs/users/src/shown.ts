import { unavailableFrom } from '@app/database';

/** A row as management routes show it, but for its spend: that is counted elsewhere, under `scope`. */
export interface Shown<Row> {
  readonly row: Row;
  readonly scope: string;
  /** When the running window of the budget began; null: the spend of all time counts. */
  readonly since: string | null;
}

/** One page of rows, and how many there are in all. */
export interface Page<Row> {
  readonly rows: Row[];
  readonly total: number;
}

/** What happened to one row; `before` is null where there was none. */
export interface Changed<Row> {
  readonly before: Row | null;
  readonly after: Row;
}

/** Waits for something that reads the database. @throws UnavailableError when that is away */
export async function reading<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unavailableFrom(error) ?? error;
  }
}
