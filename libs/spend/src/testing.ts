import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonObject } from '@app/call';
import { type TestDatabase } from '@testing/database';
import pg from 'pg';
import { type JournalFileSystem, realFiles } from './journal-files.js';
import { scanLines } from './journal-line.js';
import { SpendRuntime, type SpendOptions } from './spend-runtime.js';

/** A folder for a journal, outside the checkout. */
export interface JournalFolder {
  readonly path: string;
  /** Names of the segments, oldest first. */
  segments(): string[];
  /** Every intact line of every segment, oldest first. */
  lines(): JournalEntry[];
  remove(): void;
}

export interface JournalEntry {
  readonly segment: string;
  /** `E`, `B`, … */
  readonly kind: string;
  readonly json: JsonObject;
}

export function aJournalFolder(): JournalFolder {
  const path = mkdtempSync(join(tmpdir(), 'gateway-journal-'));
  const segments = () =>
    readdirSync(path)
      .filter((name) => name.endsWith('.journal'))
      .sort();
  return {
    path,
    segments,
    lines: () => segments().flatMap((segment) => readLines(path, segment)),
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

function readLines(folder: string, segment: string): JournalEntry[] {
  const bytes = readFileSync(join(folder, segment));
  const entries: JournalEntry[] = [];
  scanLines(bytes, (kind, start, end) => {
    const json = JSON.parse(bytes.toString('utf8', start, end)) as JsonObject;
    entries.push({ segment, kind: String.fromCharCode(kind), json });
    return true;
  });
  return entries;
}

/** Faults that a spec puts between the journal and the disk. */
export interface Faults {
  /** Thrown by the next writes while set. */
  write: Error | null;
  /** Bytes that the next write takes; the rest of its line is lost. */
  shortWrite: number | null;
  /** Thrown by this many next syncs. */
  datasync: number;
  freeBytes: number;
  volatileKind: 'tmpfs' | 'overlay' | null;
  readonly syncedFds: number[];
}

export function faultyFiles(): { files: JournalFileSystem; faults: Faults } {
  const faults: Faults = {
    write: null,
    shortWrite: null,
    datasync: 0,
    freeBytes: 1e12,
    volatileKind: null,
    syncedFds: [],
  };
  const files: JournalFileSystem = {
    ...realFiles,
    write: (fd, line) => {
      if (faults.write) throw faults.write;
      if (faults.shortWrite === null) return realFiles.write(fd, line);
      const length = faults.shortWrite;
      faults.shortWrite = null;
      return realFiles.write(fd, { ...line, length });
    },
    datasync: async (fd) => {
      faults.syncedFds.push(fd);
      if (faults.datasync-- > 0) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      await realFiles.datasync(fd);
    },
    freeBytes: () => faults.freeBytes,
    volatileKind: () => faults.volatileKind,
  };
  return { files, faults };
}

/** The ledger and everything behind it, started; stop it with `onApplicationShutdown`. */
export function aSpendRuntime(databaseUrl: string, options: Partial<SpendOptions> = {}): SpendRuntime {
  const runtime = new SpendRuntime({
    databaseUrl,
    whenReady: () => Promise.resolve(),
    journalDir: null,
    journalSync: 'interval',
    ...options,
  });
  runtime.onModuleInit();
  return runtime;
}

/** A new UUIDv7. */
export function aRowId(timeMs = Date.now()): string {
  const time = timeMs.toString(16).padStart(12, '0');
  const random = randomBytes(10).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
}

/** The number of rows and the sums of cost, in pico-dollars, as each table has them; they must agree. */
export async function sumsOf(
  database: TestDatabase,
): Promise<Record<'rows' | 'logs' | 'daily' | 'keys' | 'hours', bigint>> {
  const [sums] = await database.query<Record<'rows' | 'logs' | 'daily' | 'keys' | 'hours', string>>(`SELECT
    (SELECT count(*) FROM spend_logs) AS rows,
    (SELECT coalesce(sum(cost_pico_usd), 0)::text FROM spend_logs) AS logs,
    (SELECT coalesce(sum(cost_pico_usd), 0)::text FROM spend_daily) AS daily,
    (SELECT coalesce(sum(spent_pico_usd), 0)::text FROM spend_totals
      WHERE scope LIKE 'key:%' AND window_start = '-infinity') AS keys,
    (SELECT coalesce(sum(spent_pico_usd), 0)::text FROM spend_totals
      WHERE scope LIKE 'key:%' AND window_start > '-infinity') AS hours`);
  const of = (name: 'rows' | 'logs' | 'daily' | 'keys' | 'hours') => BigInt(sums?.[name] ?? -1);
  return { rows: of('rows'), logs: of('logs'), daily: of('daily'), keys: of('keys'), hours: of('hours') };
}

/** Takes one database away from its users; the result gives it back. */
export async function outage(
  url: string,
  kind: 'refuses connections' | 'is read-only',
): Promise<() => Promise<void>> {
  const name = new URL(url).pathname.slice(1);
  const setting = kind === 'is read-only' ? 'SET default_transaction_read_only' : 'ALLOW_CONNECTIONS';
  const [off, on] = kind === 'is read-only' ? ['on', 'off'] : ['false', 'true'];
  const set = async (value: string | undefined) => {
    const client = new pg.Client(Object.assign(new URL(url), { pathname: '/postgres' }).href);
    await client.connect();
    await client.query(
      `ALTER DATABASE ${name} ${setting} = ${value}`.replace('CONNECTIONS =', 'CONNECTIONS'),
    );
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await client.end();
  };
  await set(off);
  return () => set(on);
}
