import { pause, until } from '../harness.ts';
import { type ProxyMode } from '../harness/tcp-proxy.ts';
import { keysOf } from './database-faults.ts';
import { percentile, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

const ADDED_MS = 5;
const CLIENTS = 4;

/** The p99 of calls on known keys while the database is as `mode` says, beside that of before. */
async function meanwhile(field: Field, mode: ProxyMode): Promise<Measured> {
  const wire = await field.wire();
  const gateway = await field.gateway({ wire });
  const keys = await keysOf(field, gateway);
  const watch = async (ms: number) => {
    const traffic = new Traffic({
      gateway: () => gateway,
      keys,
      clients: CLIENTS,
      random: seeded(field.seed),
      streams: 0.3,
      pauseMs: 20,
    });
    await pause(ms);
    const { tookMs, errors, broken } = await traffic.stop();
    return {
      p99: percentile(
        [...tookMs].sort((a, b) => a - b),
        0.99,
      ),
      failed: errors.length + broken,
      calls: tookMs.length,
    };
  };
  await watch(2_000);
  const before = await watch(6_000);
  await wire.become(mode);
  const during = await watch(field.long ? 60_000 : 8_000);
  const startedAt = performance.now();
  const management = await gateway.ask('/key/info?key=' + '0'.repeat(64));
  const gaveUpMs = performance.now() - startedAt;
  await wire.become('through');
  const backAt = performance.now();
  await until(
    'it has recovered',
    async () => (await gateway.ask('/key/info?key=' + '1'.repeat(64))).status === 404,
  );
  const recoveredMs = performance.now() - backAt;
  const added = during.p99 - before.p99;
  return {
    // A slow answer is no reason to give up.
    pass:
      during.failed === 0 &&
      added <= ADDED_MS &&
      (mode === 'slow' || gaveUpMs <= 1_500) &&
      recoveredMs <= 1_000,
    measured: {
      calls: during.calls,
      failed: during.failed,
      p99BeforeMs: rounded(before.p99),
      p99Ms: rounded(during.p99),
      managementStatus: management.status,
      gaveUpMs: rounded(gaveUpMs),
      recoveredMs: rounded(recoveredMs),
    },
  };
}

const BURST = 5_000;
const ALLOWED = 10;

/** Two processes, 5,000 keys that neither knows, at once: the server's connections are not eaten up. */
async function coldBurst(field: Field): Promise<Measured> {
  const gateways = [await field.gateway({ name: 'one' }), await field.gateway({ name: 'two' })];
  const statuses = new Map<number, number>();
  let most = 0;
  const watch = { isOver: false };
  const watching = (async () => {
    while (!watch.isOver) {
      const [row] = await field.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      most = Math.max(most, row?.count ?? 0);
      await pause(50);
    }
  })();
  const taken: number[] = [];
  await Promise.all(
    Array.from({ length: BURST }, async (_, i) => {
      const startedAt = performance.now();
      const gateway = gateways[i % gateways.length];
      const { status } = (await gateway?.ask('/v1/models', { key: `sk-cold-${i}-${'x'.repeat(20)}` })) ?? {
        status: 0,
      };
      taken.push(performance.now() - startedAt);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }),
  );
  watch.isOver = true;
  await watching;
  const exhausted = gateways.some(({ child }) => /53300|too many clients/.test(child.output()));
  const odd = [...statuses.keys()].filter((status) => ![401, 429, 503].includes(status));
  return {
    pass: most <= ALLOWED * gateways.length && !exhausted && odd.length === 0,
    measured: {
      connections: most,
      allowed: ALLOWED * gateways.length,
      statuses: JSON.stringify([...statuses]),
      p99Ms: rounded(
        percentile(
          taken.sort((a, b) => a - b),
          0.99,
        ),
      ),
    },
  };
}

/** Starts with the database away. */
async function bootWithout(field: Field): Promise<Measured> {
  const wire = await field.wire();
  await wire.become('refuse');
  const gateway = await field.gateway({ wire, waitsUntilReady: false });
  const statusOf = async (path: string): Promise<number> =>
    (await gateway.http.ask(path).catch(() => null))?.status ?? 0;
  await until('it listens', async () => (await statusOf('/health/liveliness')) === 200, 50_000, 50);
  const readiness = await statusOf('/health/readiness');
  await pause(field.long ? 60_000 : 5_000);
  const alive = await statusOf('/health/liveliness');
  const unknown = await gateway.http.ask('/v1/models', { key: `sk-unknown-${'x'.repeat(20)}` });
  await wire.become('through');
  const backAt = performance.now();
  await until('it is ready', async () => (await statusOf('/health/readiness')) === 200, 30_000, 20);
  const readyMs = performance.now() - backAt;
  return {
    pass: readiness === 503 && alive === 200 && unknown.status === 503 && readyMs <= 2_000 && gateway.isUp,
    measured: { readiness, alive, unknownKey: unknown.status, readyAfterMs: rounded(readyMs) },
  };
}

export const SLOW_DATABASE_ROWS: readonly Row[] = [
  {
    id: 'D5',
    promise: 'a frozen database does not freeze the gateway',
    bar: `added p99 ≤ ${ADDED_MS} ms, calls to it give up ≤ 1 s, recovery ≤ 1 s`,
    run: (field) => meanwhile(field, 'freeze'),
  },
  {
    id: 'D6',
    promise: 'a slow database does not slow inference',
    bar: `added p99 ≤ ${ADDED_MS} ms with 500 ms on every query`,
    run: (field) => meanwhile(field, 'slow'),
  },
  {
    id: 'D7',
    promise: 'the pool never exhausts PostgreSQL',
    bar: '≤ 10 connections a process under 5,000 unknown keys at once, no 53300',
    run: coldBurst,
  },
  {
    id: 'D8',
    promise: 'it starts without its database and finds it later',
    bar: 'alive meanwhile, 503 to who cannot be checked, ready ≤ 2 s after',
    run: bootWithout,
  },
];
