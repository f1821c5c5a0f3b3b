import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Caller, type Outcome } from '@app/call';
import { EmbeddedPostgres, runMigrations } from '@app/database';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { aRowId } from '@testing/spend';
import { migrations } from '../migrations/index.js';
import { type DirectWriter } from '../libs/spend/src/direct-writer.js';
import { Journal } from '../libs/spend/src/journal.js';
import { realFiles } from '../libs/spend/src/journal-files.js';
import { Ledger } from '../libs/spend/src/ledger.js';
import { Shipper } from '../libs/spend/src/shipper.js';
import { SpendConnection } from '../libs/spend/src/spend-connection.js';
import { SpendTotals } from '../libs/spend/src/spend-totals.js';
import { SpendWriter } from '../libs/spend/src/spend-writer.js';

// node --import ./bench/typescript.mjs bench/ledger.bench.ts: what the ledger costs per call, and how fast rows reach PostgreSQL.

/** Few enough that collecting garbage costs what it costs in a server. */
const CALLS = 10_000;
const ROUNDS = 20;
const SHIPPED_ROWS = 100_000;
const LIVE_RATE = 300;

const folder = mkdtempSync(join(tmpdir(), 'ledger-bench-'));
const deployment = aDeployment();
const noDirect = { canWrite: false, waitingRows: 0 } as DirectWriter;
const callers: Caller[] = Array.from({ length: 30 }, (_, index) =>
  aCaller({
    keyHash: index.toString(16).padStart(64, 'a'),
    keyAlias: `key ${index}`,
    userId: `user-${index % 10}`,
    teamId: `team-${index % 5}`,
  }),
);

function someOutcomes(count: number): Outcome[] {
  return Array.from({ length: count }, (_, index) => {
    const caller = callers[index % callers.length] as Caller;
    const tags = ['User-Agent: OpenAI', 'User-Agent: OpenAI/Python 1.2.3'];
    const call = aCall({ id: aRowId(), callId: crypto.randomUUID(), caller, tags });
    return anOutcome({ call, deployment, responseId: `chatcmpl-${crypto.randomUUID()}` });
  });
}

function record(ledger: Ledger, outcome: Outcome): void {
  ledger.open(outcome.call, 1_000_000n, [deployment]);
  void ledger.close(outcome);
}

async function measureCalls(label: string, files: typeof realFiles): Promise<void> {
  const journal = new Journal({ directory: mkdtempSync(join(folder, 'journal-')), files });
  journal.start();
  const outcomes = someOutcomes(CALLS);
  const totals = new SpendTotals(new SpendConnection('postgres://127.0.0.1:9/none'));
  const before = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round++) {
    const ledger = new Ledger({ journal, shipper: null, direct: noDirect, totals, awaitSync: false });
    for (const [index, outcome] of outcomes.entries()) {
      record(ledger, outcome);
      if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const { user, system } = process.cpuUsage(before);
  const perCall = (micros: number) => (micros / CALLS / ROUNDS).toFixed(2);
  console.log(`${label}: ${perCall(user)} µs user, ${perCall(system)} µs system CPU per open and close`);
  await journal.stop();
}

/** User and system time of another process, where /proc tells. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function measureShipping(url: string, label: string, liveRate: number): Promise<void> {
  const connection = new SpendConnection(url);
  const totals = new SpendTotals(connection);
  const journal = new Journal({ directory: mkdtempSync(join(folder, 'journal-')) });
  const shipper = new Shipper(journal, new SpendWriter(connection), totals);
  const ledger = new Ledger({ journal, shipper, direct: noDirect, totals, awaitSync: false });
  journal.start();
  for (let written = 0; written < SHIPPED_ROWS; written += 1_000) {
    for (const outcome of someOutcomes(1_000)) record(ledger, outcome);
    await sleep(1);
  }
  const backend = await connection.run((client) =>
    client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'),
  );
  const serverCpuMs = () => cpuMsOf(backend.rows[0]?.pid ?? 0);
  const live = setInterval(() => {
    for (const outcome of someOutcomes(Math.round(liveRate / 100))) record(ledger, outcome);
  }, 10);
  if (liveRate === 0) clearInterval(live);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const before = process.cpuUsage();
  const serverBefore = serverCpuMs();
  const start = performance.now();
  await shipper.flush();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  delay.disable();
  clearInterval(live);
  const cpu = ((user + system) / SHIPPED_ROWS).toFixed(2);
  const serverCpu = (((serverCpuMs() - serverBefore) * 1000) / SHIPPED_ROWS).toFixed(2);
  const late = (delay.percentile(99) / 1e6).toFixed(1);
  console.log(
    `${label}: ${Math.round(SHIPPED_ROWS / seconds)} rows/s, ${cpu} µs CPU per row here, ${serverCpu} µs in PostgreSQL, event loop p99 ${late} ms`,
  );
  await shipper.flush();
  await shipper.stop();
  await journal.stop();
  await connection.close();
}

await measureCalls('warm-up', { ...realFiles, write: (_fd, { length }) => length });
await measureCalls('without the write', { ...realFiles, write: (_fd, { length }) => length });
await measureCalls('with the write', realFiles);
const server = new EmbeddedPostgres({ dataDir: join(folder, 'postgres') });
const { url } = await server.start();
await runMigrations({ url, migrations });
await measureShipping(url, 'warm-up', 0);
await measureShipping(url, 'shipping', 0);
await measureShipping(url, `shipping at ${LIVE_RATE} calls/s`, LIVE_RATE);
await server.stop();
await sleep(100);
rmSync(folder, { recursive: true, force: true });
