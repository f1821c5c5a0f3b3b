import pg from 'pg';
import { fillDay, PREPARE, rollUpDay, SUM_UP } from './seed-statements.js';

export interface SeedOptions {
  readonly databaseUrl: string;
  readonly rows: number;
  /** Counted back from today, in UTC. */
  readonly days: number;
  readonly onDay?: (day: string, rows: number) => void;
}

const DAY_MS = 86_400_000;

/**
 * Fills an empty ledger with calls that never were, their totals included; each day's indexes are made once its rows
 * are there. @throws Error when the ledger has rows
 */
export async function seedRows(options: SeedOptions): Promise<void> {
  const client = new pg.Client({
    connectionString: options.databaseUrl,
    application_name: 'gateway-seed',
    options:
      '-c timezone=UTC -c synchronous_commit=off -c maintenance_work_mem=256MB -c work_mem=64MB -c jit=off',
  });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT FROM spend_logs LIMIT 1');
    if (rows.length > 0) throw new Error('This ledger has rows already: only an empty one is seeded.');
    for (const statement of PREPARE) await client.query(statement);
    for (const [index, start] of daysBefore(options.days).entries()) {
      const count = share(options, index);
      await addDay(client, start, count);
      options.onDay?.(dayOf(start), count);
    }
    for (const statement of SUM_UP) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Midnights, oldest first, today's last. */
function daysBefore(days: number): number[] {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  return Array.from({ length: days }, (_, index) => today - (days - 1 - index) * DAY_MS);
}

function share({ rows, days }: SeedOptions, index: number): number {
  return Math.floor((rows * (index + 1)) / days) - Math.floor((rows * index) / days);
}

/** The day's table gets its rows while it has no index and nobody sees it. */
async function addDay(client: pg.Client, startMs: number, count: number): Promise<void> {
  const part = `spend_logs_${dayOf(startMs).replaceAll('-', '')}`;
  const [start, end] = [new Date(startMs), new Date(Math.min(startMs + DAY_MS, Date.now()))];
  const next = new Date(startMs + DAY_MS);
  await client.query('BEGIN');
  const { rows } = await client.query<{ oid: string | null }>('SELECT to_regclass($1) AS oid', [part]);
  const isThere = rows[0]?.oid !== null;
  if (!isThere) {
    await client.query(`CREATE TABLE ${part} (LIKE spend_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
  }
  await client.query(fillDay(part), [count, start, end]);
  if (!isThere) {
    const bounds = `started_at >= '${start.toISOString()}' AND started_at < '${next.toISOString()}'`;
    await client.query(`ALTER TABLE ${part} ADD CONSTRAINT seeded CHECK (${bounds})`);
    await client.query(
      `ALTER TABLE spend_logs ATTACH PARTITION ${part} FOR VALUES FROM ('${start.toISOString()}') TO ('${next.toISOString()}')`,
    );
    await client.query(`ALTER TABLE ${part} DROP CONSTRAINT seeded`);
    await client.query(attempts(part, start, next));
  }
  for (const statement of rollUpDay(part)) await client.query(statement);
  await client.query('COMMIT');
}

function attempts(part: string, start: Date, end: Date): string {
  const name = part.replace('spend_logs', 'spend_attempts');
  return `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF spend_attempts
    FOR VALUES FROM ('${start.toISOString()}') TO ('${end.toISOString()}')`;
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
