import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EmbeddedPostgres, ReportDatabase, runMigrations } from '@app/database';
import { reconcile, SpendLogs, SpendReports } from '@app/spend';
import pg from 'pg';
import { seedRows } from '../apps/gateway/src/commands/seed-rows.js';
import { PartitionKeeper } from '../libs/spend/src/partition-keeper.js';
import { SpendAttempts } from '../libs/spend/src/spend-attempts.js';
import { StoredPrompts } from '../libs/spend/src/stored-prompts.js';
import { WordTexts } from '../libs/spend/src/word-texts.js';
import { migrations } from '../migrations/index.js';

// node --import ./bench/typescript.mjs bench/ledger-reports.bench.ts [--rows=10000000 --days=90]: reports over many rows;
// with --database=postgres://… those that are there already, seeded by `npm run seed` with as many rows and days.

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    days: { type: 'string', default: '90' },
    database: { type: 'string' },
  },
});
const [rows, days] = [Number(values.rows), Number(values.days)];
const ROUNDS = 40;
const DAY_MS = 86_400_000;

const folder = mkdtempSync(join(tmpdir(), 'ledger-reports-'));
// Nothing here has to outlive a power cut.
const flags = { fsync: 'off', full_page_writes: 'off', max_wal_size: '4GB' };
const server = new EmbeddedPostgres({ dataDir: join(folder, 'postgres'), flags });
const url = values.database ?? (await server.start()).url;

function tell(name: string, figures: object): void {
  process.stdout.write(`${JSON.stringify({ name, ...figures })}\n`);
}

async function timed(name: string, barMs: number, work: (round: number) => Promise<unknown>): Promise<void> {
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    await work(round);
    taken.push(performance.now() - startedAt);
  }
  const first = taken[0] ?? 0;
  taken.sort((one, other) => one - other);
  const at = (share: number) => Number((taken[Math.ceil(taken.length * share) - 1] ?? 0).toFixed(1));
  tell(name, {
    firstMs: Number(first.toFixed(1)),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    barMs,
    pass: at(0.95) <= barMs,
  });
}

async function query<Row extends object>(text: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end();
  }
}

async function measureSize(): Promise<void> {
  const [size] = await query<{ heap: string; indexes: string; rows: string; daily: string }>(`SELECT
    (SELECT sum(pg_table_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'spend_logs'::regclass)::text AS heap,
    (SELECT sum(pg_indexes_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'spend_logs'::regclass)::text AS indexes,
    (SELECT count(*)::text FROM spend_logs) AS rows, (SELECT count(*)::text FROM spend_daily) AS daily`);
  const perRow = (bytes: string | undefined) => Number((Number(bytes) / Number(size?.rows)).toFixed(1));
  const bytesPerRow = perRow(size?.heap);
  tell('size', {
    rows: Number(size?.rows),
    bytesPerRow,
    indexBytesPerRow: perRow(size?.indexes),
    dailyRows: Number(size?.daily),
    pass: bytesPerRow <= 450,
  });
}

async function measureReports(): Promise<void> {
  const pool = new ReportDatabase({ url, migrations: [] });
  const words = new WordTexts(pool);
  const [logs, reports] = [
    new SpendLogs(pool, words, new SpendAttempts(pool), new StoredPrompts(pool)),
    new SpendReports(pool, words),
  ];
  const keys = await query<{ hash: string; user_id: string }>('SELECT hash, user_id FROM virtual_keys');
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const all = { startDate: new Date(today - (days - 1) * DAY_MS), endDate: new Date(today + DAY_MS) };
  const page = (filter: object) =>
    Promise.all([logs.page({ ...all, ...filter }, { limit: 50 }), logs.count({ ...all, ...filter })]);
  const key = (round: number) => ({ keyHash: keys[(round * 37) % keys.length]?.hash ?? '' });
  const models = ['qwen3-30b-a3b', 'bge-m3', 'gpt-oss-120b'];
  const month = { startDay: dayOf(today - 29 * DAY_MS), endDay: dayOf(today) };
  await timed('newest page, with its total', 150, () => page({}));
  await timed('page by key, with its total', 150, (round) => page(key(round)));
  await timed('page by model, with its total', 150, (round) => page({ model: models[round % 3] }));
  await timed('page by user, with its total', 150, (round) =>
    page({ userId: keys[round % keys.length]?.user_id }),
  );
  await timed('page deep in the past, by cursor', 150, async (round) => {
    const cursor = `${today - round * DAY_MS}.00000000-0000-0000-0000-000000000000`;
    await logs.page(all, { limit: 50, cursor });
  });
  const [some] = await query<{ id: string; response_id: string }>(
    `SELECT id, response_id FROM spend_logs WHERE started_at < now() - interval '${Math.floor(days / 2)} days' AND response_id IS NOT NULL LIMIT 1`,
  );
  await timed('one row by its response id', 150, () =>
    logs.find({ requestId: some?.response_id ?? '', limit: 1 }),
  );
  await timed('30 days by key', 300, () => reports.by(['key'], month));
  await timed('30 days by model', 300, () => reports.by(['model'], month));
  await timed('30 days by day and team', 300, () => reports.by(['day', 'team'], month));
  await timed('30 days by day, of one key', 300, (round) =>
    reports.by(['day', 'model'], { ...month, ...key(round) }),
  );
  await timed('30 days by tag', 300, () => reports.byLabel('tag', month));
  await timed('30 days as /spend/logs sums them', 300, () =>
    logs.daily({ startDate: new Date(today - 29 * DAY_MS), endDate: all.endDate }),
  );
  await pool.onApplicationShutdown();
}

const LOCK_WAITS = `SELECT extract(epoch FROM max(clock_timestamp() - waitstart))::float8 * 1000 AS ms
  FROM pg_locks WHERE NOT granted AND locktype = 'relation'`;

/** How long anybody waits for a lock, at most, while the oldest day is dropped and others read. */
async function measureDrop(): Promise<void> {
  let longest = 0;
  const over = new AbortController();
  const again = async (text: string, hear: (row: { ms: number | null }) => void) => {
    const client = new pg.Client(url);
    await client.connect();
    while (!over.signal.aborted) {
      const { rows: found } = await client.query<{ ms: number | null }>(text);
      if (found[0]) hear(found[0]);
    }
    await client.end();
  };
  const probe = Promise.all([
    again('SELECT started_at FROM spend_logs ORDER BY started_at DESC, id DESC LIMIT 1', () => undefined),
    again(LOCK_WAITS, ({ ms }) => (longest = Math.max(longest, ms ?? 0))),
  ]);
  const [before] = await query<{ rows: string }>('SELECT count(*)::text AS rows FROM spend_logs');
  const startedAt = performance.now();
  await new PartitionKeeper(url, { rows: () => (days - 2) * DAY_MS, prompts: () => null }).keep();
  const tookMs = Math.round(performance.now() - startedAt);
  over.abort();
  await probe;
  const [after] = await query<{ rows: string }>('SELECT count(*)::text AS rows FROM spend_logs');
  const dropped = Number(before?.rows) - Number(after?.rows);
  tell('dropping the oldest day', {
    rows: dropped,
    tookMs,
    longestLockWaitMs: Math.round(longest),
    pass: dropped > 0 && longest <= 200,
  });
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

try {
  if (values.database === undefined) {
    await runMigrations({ url, migrations });
    const startedAt = performance.now();
    await seedRows({ databaseUrl: url, rows, days });
    tell('seeding', { rows, days, seconds: Math.round((performance.now() - startedAt) / 1_000) });
  }
  await measureSize();
  await measureReports();
  const report = await reconcile(url, null);
  const perMillionMs = Math.round((report.tookMs / rows) * 1e6);
  tell('reconcile', {
    unexplained: report.unexplained,
    differences: report.differences,
    tookMs: report.tookMs,
    perMillionMs,
    pass: report.unexplained === '0' && perMillionMs <= 5_000,
  });
  await measureDrop();
} finally {
  if (values.database === undefined) await server.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
