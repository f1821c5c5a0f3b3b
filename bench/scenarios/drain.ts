import { setTimeout as sleep } from 'node:timers/promises';
import { ClosedLoop } from '../load/closed-loop.ts';
import { type Latencies, OpenLoop } from '../load/open-loop.ts';
import { type Line, rounded } from '../report.ts';
import { chatRequest, type Contender, type Stage, startMeasuredGateway, warmUp } from '../stage.ts';

const DATABASE = 'bench_drain';
/** What ten minutes at {@link PER_SECOND} leave. */
const ROWS = 180_000;
const PER_SECOND = 300;
const CONNECTIONS = 32;
const SEED = 4711;
/** In which some rows of the outage are still waiting, on any machine that this can run on. */
const WARM_UP_MS = 1_000;
const WINDOW_MS = 4_000;
const POLL_MS = 100;
const PATIENCE_MS = 120_000;
/** Fewer are those of the moment. */
const AT_REST = 200;
const BARS = { rowsPerSecond: 12_000, drainedMs: 15_000, p99Ms: 3 } as const;
const UNSHIPPED = /^gateway_unshipped_rows(?:\{[^}]*\})? (\S+)$/m;

/** Ten minutes' worth of rows that PostgreSQL was not there for, brought to it beside 300 requests a second. */
export async function drain(stage: Stage): Promise<Line[]> {
  const { postgres, sandbox } = stage;
  await sandbox.llamaSwap.settings({ truth: 'off' });
  const process = await startMeasuredGateway({ sandbox, databaseUrl: await postgres.database(DATABASE) });
  try {
    const key = await process.key({ models: [] });
    const gateway: Contender = { name: 'gateway', port: process.port, key, pid: process.pid };
    await warmUp(gateway.port, chatRequest(gateway));
    const waiting = async (): Promise<number> =>
      Number(UNSHIPPED.exec((await process.ask('/metrics')).text)?.[1] ?? Number.NaN);
    await until(async () => (await waiting()) < AT_REST);
    await access(stage, false);
    const load = new ClosedLoop(gateway.port, chatRequest(gateway), CONNECTIONS);
    load.start();
    await until(async () => (await waiting()) >= ROWS);
    await load.stop();
    await sleep(WINDOW_MS);
    const away = await beside(stage, gateway);
    const rows = await waiting();
    await access(stage, true);
    await until(async () => (await waiting()) < rows);
    const beganAt = performance.now();
    const [during, left, drainedMs] = await Promise.all([
      beside(stage, gateway),
      sleep(WARM_UP_MS + WINDOW_MS).then(waiting),
      until(async () => (await waiting()) < AT_REST).then(() => performance.now() - beganAt),
    ]);
    return linesOf({ away, during, rows, left, drainedMs });
  } finally {
    await process.stop();
    process.forget();
  }
}

/** The floor is asked at the same time: what it takes longer is the machine's doing. */
async function beside({ floor }: Stage, gateway: Contender): Promise<Record<'floor' | 'gateway', Latencies>> {
  const ask = (one: Contender): Promise<Latencies> =>
    new OpenLoop(one.port, chatRequest(one), SEED).run(PER_SECOND, WINDOW_MS, WARM_UP_MS);
  const [ours, theirs] = await Promise.all([ask(gateway), ask(floor)]);
  return { gateway: ours, floor: theirs };
}

/** PostgreSQL ends the gateway's connections and takes no others, or takes them again. */
async function access({ postgres }: Stage, isOpen: boolean): Promise<void> {
  await postgres.query(`ALTER DATABASE ${DATABASE} ALLOW_CONNECTIONS ${isOpen}`);
  if (isOpen) return;
  await postgres.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
    DATABASE,
  ]);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('the rows do not move');
    await sleep(POLL_MS);
  }
}

interface Seen {
  readonly away: Record<'floor' | 'gateway', Latencies>;
  readonly during: Record<'floor' | 'gateway', Latencies>;
  readonly rows: number;
  /** When the window was over. */
  readonly left: number;
  readonly drainedMs: number;
}

function linesOf({ away, during, rows, left, drainedMs }: Seen): Line[] {
  const perSecond = (rows / drainedMs) * 1_000;
  const added = during.gateway.p99Ms - away.gateway.p99Ms;
  const floorAdded = during.floor.p99Ms - away.floor.p99Ms;
  const failures = away.gateway.failures + during.gateway.failures;
  return [
    {
      what: `rows that waited, brought to PostgreSQL beside ${PER_SECOND} requests/s`,
      floor: '',
      gateway: `${rounded(drainedMs / 1_000, 1)} s`,
      measured: `${rounded(perSecond, 0)}/s`,
      bar: `≥ ${BARS.rowsPerSecond}/s`,
      pass: perSecond >= BARS.rowsPerSecond && drainedMs <= BARS.drainedMs,
      note: `${rows} rows, ten minutes' worth; bar ${BARS.drainedMs / 1_000} s`,
    },
    {
      what: `p99 of ${PER_SECOND} requests/s meanwhile`,
      floor: `+${rounded(floorAdded)} ms`,
      gateway: `${rounded(during.gateway.p99Ms)} ms`,
      measured: `+${rounded(added)} ms`,
      bar: `≤ +${BARS.p99Ms} ms`,
      pass: failures === 0 && added <= BARS.p99Ms,
      note: `beside the same gateway with PostgreSQL away (${rounded(away.gateway.p99Ms)} ms); the floor was asked at the same times; ${left} rows were left at the end of the window; failures: ${failures}`,
    },
  ];
}
