import { usdText } from '@app/call';
import { unavailableFrom } from '@app/database';
import pg from 'pg';
import { type JournalRow, journalRows } from './journal-books.js';
import {
  CHECK_DAY,
  DAY_CHECKS,
  DAYS_WITH_ROWS,
  DEAD_LETTERS,
  MISSING_ROWS,
  TOTAL_CHECKS,
} from './reconcile-statement.js';

/** Two books side by side. */
export interface CheckResult {
  readonly check: string;
  readonly rows: number;
  /** USD, exact. */
  readonly spent: string;
  /** Entries in which the books differ. */
  readonly differences: number;
  /** USD, exact: the sum of all differences, whatever their sign. */
  readonly unexplained: string;
}

/** What comparing all books came to; amounts are exact USD as text. */
export interface ReconcileReport {
  readonly unexplained: string;
  /** Entries that differ, those included whose amounts are the same. */
  readonly differences: number;
  readonly rows: number;
  readonly spent: string;
  /** Rows on their way to PostgreSQL; null without a journal. */
  readonly journal: { readonly rows: number; readonly waitingRows: number; readonly waiting: string } | null;
  /** Rows that a constraint refused; a human has to look at them. */
  readonly deadLetters: { readonly rows: number; readonly spent: string };
  readonly checks: readonly CheckResult[];
  readonly tookMs: number;
}

interface CheckRow {
  readonly rows: string;
  readonly spent: string;
  readonly differences: number;
  readonly unexplained: string;
}

const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 600_000;

/**
 * Compares journal, rows, daily totals and the totals of keys, users, teams and end users, all in one snapshot of the
 * database. It reads every row: some seconds for each million. @throws UnavailableError
 */
export async function reconcile(databaseUrl: string, journalDir: string | null): Promise<ReconcileReport> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'gateway-reconcile',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    options: '-c timezone=UTC -c default_transaction_read_only=on -c work_mem=64MB -c jit=off',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await compare(client, journalDir);
  } catch (error) {
    throw unavailableFrom(error) ?? error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function compare(client: pg.Client, journalDir: string | null): Promise<ReconcileReport> {
  const startedAt = performance.now();
  // Before the snapshot: what is shipped in here is in there.
  const journal = journalDir === null ? null : await journalRows(journalDir);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  const checks = await checkDays(client);
  for (const { name, sql } of TOTAL_CHECKS) {
    const { rows } = await client.query<CheckRow>(sql);
    if (rows[0]) checks.push(toResult(name, sumOf(rows)));
  }
  const dead = await client.query<{ row_text: string }>(DEAD_LETTERS);
  const deadTexts = new Set(dead.rows.map((row) => row.row_text));
  const waiting = journal && (await missingOf(client, journal, deadTexts));
  if (waiting) checks.unshift(waiting.check);
  await client.query('COMMIT');
  const unexplained = checks.reduce((sum, check) => sum + picoOf(check.unexplained), 0n);
  return {
    unexplained: usdText(unexplained),
    differences: checks.reduce((sum, { differences }) => sum + differences, 0),
    rows: checks.find(({ check }) => check === 'rows = daily')?.rows ?? 0,
    spent: checks.find(({ check }) => check === 'rows = daily')?.spent ?? '0',
    journal: waiting && {
      rows: journal.length,
      waitingRows: waiting.rows,
      waiting: usdText(waiting.picoUsd),
    },
    deadLetters: { rows: deadTexts.size, spent: usdText(costOfTexts(deadTexts)) },
    checks,
    tookMs: Math.round(performance.now() - startedAt),
  };
}

/** A day at a time: what is grouped fits into memory, however many rows there are. */
async function checkDays(client: pg.Client): Promise<CheckResult[]> {
  const days = await client.query<{ day: string }>(DAYS_WITH_ROWS);
  const found: (CheckRow & { readonly name: string })[] = [];
  for (const { day } of days.rows) {
    found.push(...(await client.query<CheckRow & { name: string }>(CHECK_DAY, [day])).rows);
  }
  return DAY_CHECKS.map((check) => toResult(check, sumOf(found.filter(({ name }) => name === check))));
}

const ASKED_AT_ONCE = 5_000;

/** Shipped rows have to be there; the others are on their way. */
async function missingOf(
  client: pg.Client,
  journal: readonly JournalRow[],
  dead: ReadonlySet<string>,
): Promise<{ check: CheckResult; rows: number; picoUsd: bigint }> {
  const byId = new Map(journal.map((row) => [row.id, row]));
  const lost = { count: 0, picoUsd: 0n };
  const waiting = { rows: 0, picoUsd: 0n };
  for (let from = 0; from < journal.length; from += ASKED_AT_ONCE) {
    const some = journal.slice(from, from + ASKED_AT_ONCE);
    const asked = some.map(({ id, at, costPicoUsd }) => ({ id, at, cost: String(costPicoUsd) }));
    const { rows } = await client.query<{ id: string; booked: string | null }>(MISSING_ROWS, [
      JSON.stringify(asked),
    ]);
    for (const { id, booked } of rows) {
      const row = byId.get(id);
      if (!row || dead.has(row.text)) continue;
      const difference = row.costPicoUsd - BigInt(booked ?? 0);
      if (row.isShipped) {
        lost.count += 1;
        lost.picoUsd += difference < 0n ? -difference : difference;
      } else {
        waiting.rows += 1;
        waiting.picoUsd += difference;
      }
    }
  }
  const spent = journal.reduce((sum, { costPicoUsd }) => sum + costPicoUsd, 0n);
  const check = {
    check: 'journal = rows',
    rows: journal.length,
    spent: usdText(spent),
    differences: lost.count,
    unexplained: usdText(lost.picoUsd),
  };
  return { check, ...waiting };
}

interface Sums {
  rows: number;
  spent: bigint;
  differences: number;
  unexplained: bigint;
}

function sumOf(lines: readonly CheckRow[]): Sums {
  const sums = { rows: 0, spent: 0n, differences: 0, unexplained: 0n };
  for (const { rows, spent, differences, unexplained } of lines) {
    sums.rows += Number(rows);
    sums.spent += BigInt(spent);
    sums.differences += differences;
    sums.unexplained += BigInt(unexplained);
  }
  return sums;
}

function toResult(check: string, { rows, spent, differences, unexplained }: Sums): CheckResult {
  return { check, rows, spent: usdText(spent), differences, unexplained: usdText(unexplained) };
}

function picoOf(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
}

function costOfTexts(texts: Iterable<string>): bigint {
  let sum = 0n;
  for (const text of texts) sum += BigInt(/,"cost":(\d{1,24})[,}]/.exec(text)?.[1] ?? 0);
  return sum;
}
