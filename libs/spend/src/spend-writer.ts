import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { DeadLetters } from './dead-letters.js';
import { scopesOf, type SliceRow, splitSlice } from './slice-rows.js';
import { isAway, type SpendConnection } from './spend-connection.js';
import { INSERT_SLICE, REMOVE_PROVISIONAL } from './spend-statement.js';
import { type RowSlice } from './segment-reader.js';
import { WordCodes } from './word-codes.js';

/** What rows have charged to the account of one budget, in pico-dollars. */
export interface Charge {
  readonly picoUsd: bigint;
  /** All that the account has been charged by then. */
  readonly spentPicoUsd: bigint;
}

/** What a slice did to the totals. */
export interface WriteResult {
  /** Rows that were not there before. */
  readonly inserted: number;
  /** Pico-dollars per scope of the slice, whether its rows were new or not. */
  readonly settled: ReadonlyMap<string, bigint>;
  /** All-time totals of the scopes that changed, after the change. */
  readonly totals: ReadonlyMap<string, bigint>;
  /** By the account's id. */
  readonly charged: ReadonlyMap<string, Charge>;
}

/** What one statement changed; amounts per scope, as decimal text. */
interface Changes {
  readonly changed: number;
  readonly settled: Readonly<Record<string, string>> | null;
  readonly totals: Readonly<Record<string, string>> | null;
  readonly charged: Readonly<Record<string, readonly [string, string]>> | null;
}

const NO_CHANGES: Changes = { changed: 0, settled: null, totals: null, charged: null };

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** A refused value or constraint: nothing but the row itself can be at fault. */
const BAD_DATA = /^2[23]/;
/** A limit or an internal error of the server: believed to be the row's fault after this many attempts. */
const SUSPICIOUS = /^(54|XX)/;
const PATIENCE = 8;
/** Deadlock, serialization: the same statement again, without a word. */
const AGAIN = /^40/;
const NO_PARTITION = '23514';

/** Brings rows into PostgreSQL, each once, however often it is told. */
export class SpendWriter {
  private readonly logger = new Logger('SpendWriter');
  private readonly stopped = new AbortController();
  private readonly codes: WordCodes;
  private readonly deadLetters: DeadLetters;

  constructor(private readonly connection: SpendConnection) {
    this.codes = new WordCodes(connection);
    this.deadLetters = new DeadLetters(connection);
  }

  get deadRows(): number {
    return this.deadLetters.count;
  }

  /**
   * Resolves once the rows are committed, or set aside because a constraint refuses them; waits as long as the
   * database is away. Rejects only after {@link stop}.
   */
  async write(slice: RowSlice): Promise<WriteResult> {
    let pauseMs = FIRST_PAUSE_MS;
    for (let attempt = 1; ; attempt++) {
      this.stopped.signal.throwIfAborted();
      try {
        return await this.insert(slice);
      } catch (error) {
        const code = (error as { code?: string }).code ?? '';
        if (isMissingPartition(error) && (await this.addDays(slice))) continue;
        const isHopeless = SUSPICIOUS.test(code) && attempt > PATIENCE;
        if (BAD_DATA.test(code) || isHopeless) return this.divide(slice, error as Error);
        if (!isAway(error) && !AGAIN.test(code)) {
          this.logger.warn(`Rows could not be written yet: ${(error as Error).message}`);
        }
        await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal: this.stopped.signal });
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  stop(): void {
    this.stopped.abort();
  }

  private async insert(slice: RowSlice): Promise<WriteResult> {
    const values = [slice.json, await this.codes.of(slice.words)];
    const first = await this.connection.run((client) => insertSlice(client, values));
    if (first.changed === slice.rows) {
      const { changed, settled, totals } = first;
      return { inserted: changed, settled: toMap(settled), totals: toMap(totals), charged: chargesOf(first) };
    }
    const second = await this.connection.run((client) => supersede(client, values));
    return {
      inserted: first.changed + second.changed,
      settled: scopesOf(splitSlice(slice)),
      totals: toMap({ ...first.totals, ...second.totals }),
      charged: addCharges(chargesOf(first), chargesOf(second)),
    };
  }

  /** Finds the rows that are to blame by halves; one alone is set aside. */
  private async divide(slice: RowSlice, error: Error): Promise<WriteResult> {
    const rows = splitSlice(slice);
    if (rows.length === 1) {
      await this.setAside(rows, error);
      return { inserted: 0, settled: scopesOf(rows), totals: new Map(), charged: new Map() };
    }
    const middle = Math.ceil(rows.length / 2);
    const halves = [rows.slice(0, middle), rows.slice(middle)].map((half) => toRowSlice(half, slice));
    const [first, second] = [await this.write(halves[0] ?? slice), await this.write(halves[1] ?? slice)];
    return {
      inserted: first.inserted + second.inserted,
      settled: sum(first.settled, second.settled),
      totals: new Map([...first.totals, ...second.totals]),
      charged: addCharges(first.charged, second.charged),
    };
  }

  private async setAside(rows: readonly SliceRow[], error: Error): Promise<void> {
    this.logger.error(`A row was refused and set aside: ${error.message}`);
    for (;;) {
      this.stopped.signal.throwIfAborted();
      try {
        await this.deadLetters.add(rows, error.message);
        return;
      } catch {
        await sleep(LONGEST_PAUSE_MS, undefined, { signal: this.stopped.signal });
      }
    }
  }

  /** True when the missing days could be made, so that it is worth trying again. */
  private async addDays(slice: RowSlice): Promise<boolean> {
    const days = new Set(splitSlice(slice).map(({ day }) => day));
    const possible = [...days].filter((day) => day !== null && isPlausible(day)).sort();
    if (possible.length < days.size) return false;
    await this.connection.run((client) => addDays(client, possible as string[]));
    return true;
  }
}

async function insertSlice(client: pg.Client, values: unknown[]): Promise<Changes> {
  return changesOf(await client.query({ name: 'insert-slice', text: INSERT_SLICE, values }));
}

/** Some rows were there already. Where a row was only supposed, what the slice says takes its place. */
async function supersede(client: pg.Client, values: unknown[]): Promise<Changes> {
  await client.query('BEGIN');
  try {
    const removed = changesOf(await client.query(REMOVE_PROVISIONAL, values));
    const result = removed.changed > 0 ? await insertSlice(client, values) : NO_CHANGES;
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function changesOf({ rows }: pg.QueryResult<Changes>): Changes {
  return rows[0] ?? NO_CHANGES;
}

/** Makes the partitions of the given days (`2026-01-31`, UTC) where they are missing. */
export async function addDays(client: pg.Client, days: readonly string[]): Promise<void> {
  for (const day of days) await client.query('SELECT spend_add_day($1::date)', [day]);
}

const PAST_DAYS = 400;
const DAY_MS = 86_400_000;

/** A clock that is wrong by years must not litter the database with partitions. */
function isPlausible(day: string): boolean {
  const age = (Date.now() - Date.parse(day)) / DAY_MS;
  return age > -3 && age < PAST_DAYS;
}

function isMissingPartition(error: unknown): boolean {
  const { code, constraint, message } = error as { code?: string; constraint?: string; message?: string };
  return code === NO_PARTITION && constraint === undefined && /partition/.test(message ?? '');
}

function toRowSlice(rows: readonly SliceRow[], { words }: RowSlice): RowSlice {
  return {
    json: Buffer.from(`[${rows.map(({ text }) => text).join(',')}]`),
    rows: rows.length,
    words,
    end: 0,
  };
}

function toMap(amounts: Readonly<Record<string, string>> | null): Map<string, bigint> {
  return new Map(Object.entries(amounts ?? {}).map(([scope, picoUsd]) => [scope, BigInt(picoUsd)]));
}

function sum(one: ReadonlyMap<string, bigint>, other: ReadonlyMap<string, bigint>): Map<string, bigint> {
  const result = new Map(one);
  for (const [scope, spent] of other) result.set(scope, (result.get(scope) ?? 0n) + spent);
  return result;
}

function chargesOf({ charged }: Changes): Map<string, Charge> {
  const entries = Object.entries(charged ?? {});
  return new Map(
    entries.map(([account, [cost, spent]]) => [
      account,
      { picoUsd: BigInt(cost), spentPicoUsd: BigInt(spent) },
    ]),
  );
}

/** `other` came later. */
function addCharges(
  one: ReadonlyMap<string, Charge>,
  other: ReadonlyMap<string, Charge>,
): Map<string, Charge> {
  const result = new Map(one);
  for (const [account, { picoUsd, spentPicoUsd }] of other) {
    result.set(account, { picoUsd: (one.get(account)?.picoUsd ?? 0n) + picoUsd, spentPicoUsd });
  }
  return result;
}
