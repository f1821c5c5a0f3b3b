import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deployment, type Gateway, pause, ROOT, until } from '../harness.ts';
import { keysOf } from './database-faults.ts';
import { percentile, rounded } from './lag.ts';
import { addOwners, isSmall, pageTimes } from './page-times.ts';
import { lengthen } from './long-journal.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

const SEED = join(ROOT, 'dist/apps/gateway/src/commands/seed.js');
const DAY_MS = 86_400_000;
const ROUNDS = 40;
const PAGE_MS = 150;
/** A page of the admin UI, whole. */
const SHOWN_MS = 200;
const REPORT_MS = 300;
const LOCK_MS = 200;
const ADDED_MS = 5;
const ROW_BYTES = 450;
const READY_MS = 3_000;

const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);
const ordered = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

async function seed(field: Field, rows: number, days: number): Promise<void> {
  const given = [`--database=${field.databaseUrl}`, `--rows=${rows}`, `--days=${days}`];
  await promisify(execFile)(process.execPath, [SEED, ...given], { maxBuffer: 16_000_000 });
  await field.query('VACUUM ANALYZE');
}

async function p95Of(gateway: Gateway, pathOf: (round: number) => string): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    const { status, text } = await gateway.ask(pathOf(round));
    taken.push(performance.now() - startedAt);
    if (status !== 200) throw new Error(`${pathOf(round)}: ${status} ${text.slice(0, 200)}`);
  }
  return percentile(ordered(taken), 0.95);
}

/** Pages and reports over as many rows as three months bring. */
async function quickReports(field: Field): Promise<Measured> {
  const [rows, days] = field.long ? [10_000_000, 90] : [300_000, 30];
  await seed(field, rows, days);
  const gateway = await field.gateway();
  const keys = await field.query<{ hash: string }>('SELECT hash FROM virtual_keys ORDER BY hash');
  const models = ['qwen3-30b-a3b', 'bge-m3', 'gpt-oss-120b'];
  const period = (length: number) =>
    `start_date=${dayOf(Date.now() - (length - 1) * DAY_MS)}&end_date=${dayOf(Date.now())}`;
  const page = (filter: string) => `/spend/logs/v2?${period(days)}&page_size=50${filter}`;
  const key = (round: number) => keys[(round * 37) % keys.length]?.hash ?? '';
  const pages = {
    newestMs: await p95Of(gateway, () => page('')),
    byKeyMs: await p95Of(gateway, (round) => page(`&api_key=${key(round)}`)),
    byModelMs: await p95Of(gateway, (round) => page(`&model=${models[round % models.length] ?? ''}`)),
  };
  const reports = {
    monthByKeyMs: await p95Of(gateway, () => `/global/spend/report?${period(30)}&group_by=api_key`),
    monthByModelMs: await p95Of(gateway, () => `/global/activity/model?${period(30)}`),
    monthByDayMs: await p95Of(gateway, () => `/spend/logs?${period(30)}`),
  };
  const owners = field.long ? 100_000 : 10_000;
  await addOwners(field, owners);
  await field.query('VACUUM ANALYZE');
  const shown = await pageTimes(field, gateway);
  const [slowest] = shown;
  const isQuick =
    shown.every((page) => page.medianMs <= SHOWN_MS && isSmall(page)) &&
    Object.values(pages).every((ms) => ms <= PAGE_MS) &&
    Object.values(reports).every((ms) => ms <= REPORT_MS);
  const figures = Object.entries({ ...pages, ...reports }).map(([name, ms]) => [name, rounded(ms)] as const);
  return {
    pass: isQuick,
    measured: {
      ...{ rows, days, ...Object.fromEntries(figures) },
      ...{
        keys: owners,
        shown: shown.length,
        slowestPage: slowest?.path ?? '',
        slowestPageMs: slowest?.medianMs ?? 0,
      },
    },
  };
}

const LOCK_WAIT = `SELECT coalesce(extract(epoch FROM max(clock_timestamp() - waitstart)) * 1000, 0)::float8 AS ms
  FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Of the oldest day's tables: rows, attempts and prompts alike. */
const tablesOf = (day: string): string =>
  `SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^spend_.*_${day.replaceAll('-', '')}$'`;

/** Another process begins to keep fewer days while this one is under load. */
async function retention(field: Field): Promise<Measured> {
  const [rows, days] = field.long ? [3_000_000, 3] : [90_000, 3];
  await seed(field, rows, days);
  const oldest = dayOf(Date.now() - (days - 1) * DAY_MS);
  const gateway = await field.gateway();
  const traffic = new Traffic({
    gateway: () => gateway,
    keys: await keysOf(field, gateway),
    clients: 4,
    random: seeded(field.seed),
    streams: 0.3,
    pauseMs: 10,
  });
  await pause(2_000);
  traffic.seen.tookMs.length = 0;
  await pause(6_000);
  const before = ordered(traffic.seen.tookMs);
  let longest = 0;
  const watch = { isOver: false };
  const watching = (async () => {
    while (!watch.isOver)
      longest = Math.max(longest, (await field.query<{ ms: number }>(LOCK_WAIT))[0]?.ms ?? 0);
  })();
  await field.gateway({ name: 'keeper', config: { general: { maximum_spend_logs_retention_period: '1d' } } });
  traffic.seen.tookMs.length = 0;
  await until('the day is gone', async () => (await field.query(tablesOf(oldest))).length === 0, 60_000, 5);
  await pause(1_000);
  const during = ordered(traffic.seen.tookMs);
  watch.isOver = true;
  await watching;
  const { errors, broken } = await traffic.stop();
  const [left] = await field.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM spend_logs WHERE started_at < '${oldest}'::date + 1`,
  );
  const added = percentile(during, 0.99) - percentile(before, 0.99);
  const failed = errors.length + broken;
  return {
    pass: longest <= LOCK_MS && added <= ADDED_MS && failed === 0 && left?.count === 0,
    measured: {
      rowsOfTheDay: rows / days,
      longestLockWaitMs: rounded(longest),
      p99BeforeMs: rounded(percentile(before, 0.99)),
      p99Ms: rounded(percentile(during, 0.99)),
      failed,
      tablesLeft: (await field.query(tablesOf(oldest))).length,
    },
  };
}

const SIZES = `SELECT (SELECT count(*)::int FROM spend_logs) AS rows, sum(pg_table_size(inhrelid))::int AS heap, sum(pg_indexes_size(inhrelid))::int AS indexes
  FROM pg_inherits WHERE inhparent = 'spend_logs'::regclass`;
const BODIES = `SELECT count(*)::int AS rows, coalesce(max(octet_length(request) + octet_length(response)), 0)::int AS longest FROM spend_prompts`;
const LONG_PROMPT = 'All the rivers run into the sea. '.repeat(20_000);

/** What real calls leave behind: on the disk of the server, and in the journal. */
async function boundedDisk(field: Field): Promise<Measured> {
  const gateway = await field.gateway({ config: { general: { store_prompts_in_spend_logs: true } } });
  const keys = await keysOf(field, gateway);
  const traffic = new Traffic({
    gateway: () => gateway,
    keys,
    clients: 16,
    random: seeded(field.seed),
    streams: 0.5,
    fields: { user: 'somebody', metadata: { tags: ['team-x', 'night'] } },
  });
  await pause(field.long ? 600_000 : 15_000);
  const { complete } = await traffic.stop();
  const long = { messages: [{ role: 'user', content: LONG_PROMPT }] };
  for (let count = 0; count < 3; count += 1) await gateway.chat(long, { key: keys[0] ?? '' });
  const answered = complete.length + 3;
  const read = async () => (await field.query<{ rows: number; heap: number; indexes: number }>(SIZES))[0];
  const sizes = await until(
    'every row has arrived',
    async () => {
      const now = await read();
      return now !== undefined && now.rows >= answered && now;
    },
    60_000,
  );
  await pause(1_500);
  const [bodies] = await field.query<{ rows: number; longest: number }>(BODIES);
  const folder = join(gateway.folder, 'journal');
  const segments = readdirSync(folder).filter((name) => name.endsWith('.journal')).length;
  const bytesPerRow = sizes.heap / sizes.rows;
  return {
    pass:
      bytesPerRow <= ROW_BYTES &&
      (bodies?.rows ?? 0) > 0 &&
      (bodies?.longest ?? 0) < LONG_PROMPT.length &&
      segments <= 2,
    measured: {
      rows: sizes.rows,
      bytesPerRow: rounded(bytesPerRow),
      indexBytesPerRow: rounded(sizes.indexes / sizes.rows),
      longPrompt: LONG_PROMPT.length,
      longestStored: bodies?.longest ?? 0,
      segmentsLeft: segments,
    },
  };
}

interface Books {
  readonly unexplained: string;
  readonly differences: number;
}

const MANY_KEYS = (count: number): string =>
  `INSERT INTO virtual_keys (hash, key_name, key_alias, user_id, version, created_by, updated_by)
   SELECT encode(sha256(i::text::bytea), 'hex'), 'sk-...many', 'many-' || i, 'user-' || i % 1000, 0, 'seed', 'seed'
   FROM generate_series(1, ${count}) AS i`;

/** A gateway starts with a long journal of one that died, many models and many keys. */
async function quickBoot(field: Field): Promise<Measured> {
  const [records, models, keys] = field.long ? [1_000_000, 1_000, 100_000] : [100_000, 200, 20_000];
  const folder = mkdtempSync(join(tmpdir(), 'gateway-long-journal-'));
  try {
    const wire = await field.wire();
    const dead = await field.gateway({ wire, env: { JOURNAL_DIR: folder } });
    const key = await dead.key({});
    await dead.chat({}, { key });
    await wire.become('refuse');
    for (let call = 0; call < 50; call += 1) await dead.chat({}, { key });
    await dead.kill();
    const calls = lengthen(folder, records);
    await field.query(MANY_KEYS(keys));
    const config = {
      models: [
        deployment('gpt-4', 'qwen3-30b-a3b'),
        ...Array.from({ length: models }, (_, i) => deployment(`model-${i}`, `m-${i}`)),
      ],
    };
    const gateway = await field.gateway({ config, env: { JOURNAL_DIR: folder } });
    const bootedAt = performance.now();
    const answered = (await gateway.chat({}, { key })).status;
    await until(
      'every row has arrived',
      async () =>
        ((await field.query<{ count: number }>('SELECT count(*)::int AS count FROM spend_logs'))[0]?.count ??
          0) >= calls,
      300_000,
      200,
    );
    const settledMs = performance.now() - bootedAt;
    const books = (await gateway.ask('/spend/reconcile')).json as unknown as Books;
    return {
      pass:
        gateway.startedInMs <= READY_MS &&
        answered === 200 &&
        books.unexplained === '0' &&
        books.differences === 0,
      measured: {
        records,
        models,
        keys,
        readyMs: Math.round(gateway.startedInMs),
        rows: calls,
        settledMs: Math.round(settledMs),
        rowsPerSecond: Math.round((calls / settledMs) * 1_000),
        firstStatus: answered,
        unexplained: books.unexplained,
        differences: books.differences,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const MANY_ROWS: readonly Row[] = [
  {
    id: 'S10',
    promise: 'reports stay quick over many rows',
    bar: 'p95: pages ≤ 150 ms, 30 days ≤ 300 ms; UI ≤ 200 ms; 300,000 rows, 10,000 keys (10 million over 90 days, 100,000)',
    run: quickReports,
  },
  {
    id: 'S11',
    promise: 'dropping a day costs nothing',
    bar: 'lock ≤ 200 ms, p99 + ≤ 5 ms, nothing of the day left; 30,000 rows (a million in the long form)',
    run: retention,
  },
  {
    id: 'S12',
    promise: 'the use of the disk is bounded',
    bar: '≤ 450 bytes a row without indexes, stored texts are cut, shipped segments are gone',
    run: boundedDisk,
  },
  {
    id: 'O6',
    promise: 'it is ready at once, whatever it finds',
    bar: 'ready ≤ 3 s; 100,000 records, 200 models, 20,000 keys (a million, 1,000, 100,000 in the long form)',
    run: quickBoot,
  },
];
