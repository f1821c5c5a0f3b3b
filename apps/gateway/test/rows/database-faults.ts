import { accepting, type Gateway, pause, until } from '../harness.ts';
import { BOOKED, type Booked, compare } from './books.ts';
import { percentile, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { type Seen, Traffic } from './traffic.ts';

const KEYS = 50;

/** Keys that the gateway knows. */
export async function keysOf(
  field: Field,
  gateway: Awaited<ReturnType<Field['gateway']>>,
): Promise<string[]> {
  const keys: string[] = [];
  while (keys.length < KEYS) keys.push(await gateway.key({ user_id: `row-${field.seed}` }));
  for (const key of keys) await gateway.chat({}, { key });
  return keys;
}

interface Outage {
  readonly seen: Seen;
  /** That waited when PostgreSQL came back. */
  readonly rows: number;
  readonly missing: number;
  readonly twice: number;
  readonly drainedMs: number;
  /** Calls while PostgreSQL was away, and while the rows of that time were brought to it. */
  readonly p99AwayMs: number;
  readonly p99DrainMs: number;
}

const UNSHIPPED = /^gateway_unshipped_rows(?:\{[^}]*\})? (\S+)$/m;

async function unshipped(gateway: Gateway): Promise<number> {
  return Number(UNSHIPPED.exec((await gateway.ask('/metrics')).text)?.[1] ?? Number.NaN);
}

const p99 = (tookMs: readonly number[]): number =>
  percentile(
    [...tookMs].sort((a, b) => a - b),
    0.99,
  );

/** Less than this many are those of the moment. */
const AT_REST = 200;

/** Traffic on known keys while the database is away. */
async function outage(field: Field): Promise<Outage> {
  const wire = await field.wire();
  const gateway = await field.gateway({ wire });
  const keys = await keysOf(field, gateway);
  const traffic = new Traffic({
    gateway: () => gateway,
    keys,
    clients: 24,
    random: seeded(field.seed),
    streams: 0.3,
    pauseMs: 60,
  });
  await pause(1_000);
  await wire.become('refuse');
  await pause(field.long ? 595_000 : 20_000);
  const p99AwayMs = p99(traffic.seen.tookMs);
  const rows = await unshipped(gateway);
  traffic.seen.tookMs.length = 0;
  await wire.become('through');
  const backAt = performance.now();
  await until('the rows have arrived', async () => (await unshipped(gateway)) < AT_REST, 60_000, 100);
  const drainedMs = Math.round(performance.now() - backAt);
  const p99DrainMs = p99(traffic.seen.tookMs);
  const seen = await traffic.stop();
  const { missing, twice } = await compare(seen.complete, () => field.query<Booked>(BOOKED), 60_000);
  return { seen, rows, missing, twice, drainedMs, p99AwayMs, p99DrainMs };
}

async function knownKeysGoOn(field: Field): Promise<Measured> {
  const { seen } = await outage(field);
  const failed = seen.errors.length + seen.broken;
  const answered = seen.complete.length;
  return {
    pass: failed / (answered + failed) <= 0.0001 && !seen.errors.includes(401),
    measured: { answered, failed, unauthorised: seen.errors.filter((status) => status === 401).length },
  };
}

async function spendArrives(field: Field): Promise<Measured> {
  const { seen, rows, missing, twice, drainedMs, p99AwayMs, p99DrainMs } = await outage(field);
  return {
    pass: missing === 0 && twice === 0 && drainedMs <= 15_000,
    measured: {
      answered: seen.complete.length,
      rows,
      missing,
      twice,
      drainedMs,
      rowsPerSecond: Math.round((rows / drainedMs) * 1_000),
      p99AwayMs: rounded(p99AwayMs),
      p99DrainMs: rounded(p99DrainMs),
    },
  };
}

async function restarts(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const keys = await keysOf(field, gateway);
  const traffic = new Traffic({
    gateway: () => gateway,
    keys,
    clients: 12,
    random: seeded(field.seed),
    streams: 0.3,
    pauseMs: 20,
  });
  const times = field.long ? 50 : 10;
  const recoveries: number[] = [];
  for (let i = 0; i < times && gateway.isUp; i += 1) {
    const { pid } = field.postgres;
    if (pid !== null) process.kill(pid, 'SIGQUIT');
    await until('the server has gone', () => field.postgres.pid !== pid, 10_000);
    await accepting(field.postgres);
    const backAt = performance.now();
    const hash = `${i}`.padStart(64, '0');
    await until(
      'the first good query',
      async () => (await gateway.ask(`/key/info?key=${hash}`)).status === 404,
      20_000,
    );
    recoveries.push(performance.now() - backAt);
  }
  const seen = await traffic.stop();
  const { missing, twice } = await compare(seen.complete, () => field.query<Booked>(BOOKED), 60_000);
  const slowest = Math.max(...recoveries);
  const failed = seen.errors.length + seen.broken;
  return {
    pass: gateway.isUp && slowest <= 1_000 && failed === 0 && missing === 0 && twice === 0,
    measured: {
      restarts: recoveries.length,
      slowestRecoveryMs: rounded(slowest),
      answered: seen.complete.length,
      failed,
      missing,
      twice,
    },
  };
}

async function unknownKeys(field: Field): Promise<Measured> {
  const wire = await field.wire();
  const before = await field.gateway();
  const keys = await Promise.all(Array.from({ length: 20 }, () => before.key({})));
  const gateway = await field.gateway({ wire });
  await wire.become('refuse');
  const taken: number[] = [];
  const statuses = new Map<number, number>();
  let hinted = 0;
  for (const key of keys) {
    const startedAt = performance.now();
    const { status, headers } = await gateway.chat({}, { key });
    taken.push(performance.now() - startedAt);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (headers['retry-after'] !== undefined) hinted += 1;
  }
  const slowest = percentile(
    taken.sort((a, b) => a - b),
    1,
  );
  return {
    pass: statuses.get(503) === keys.length && hinted === keys.length && slowest <= 600,
    measured: {
      statuses: JSON.stringify([...statuses]),
      withRetryAfter: hinted,
      slowestMs: rounded(slowest),
    },
  };
}

export const DATABASE_ROWS: readonly Row[] = [
  {
    id: 'D1',
    promise: 'known keys go on while the database is away',
    bar: '≥ 99.99 %, no 401 (20 s; 10 min in the long form)',
    run: knownKeysGoOn,
  },
  {
    id: 'D2',
    promise: 'a database restart never ends the process',
    bar: '0 exits, first good query ≤ 1 s, nothing lost',
    run: restarts,
  },
  {
    id: 'D3',
    promise: 'unknown keys get 503 and Retry-After meanwhile',
    bar: '100 %, ≤ 600 ms',
    run: unknownKeys,
  },
  {
    id: 'D4',
    promise: 'the spend of the outage arrives afterwards',
    bar: '0 lost, 0 twice, ≤ 15 s',
    run: spendArrives,
  },
];
