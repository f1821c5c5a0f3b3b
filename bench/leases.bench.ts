import { setTimeout as sleep } from 'node:timers/promises';
import { type LimitRule } from '@app/call';
import { Pulse, runMigrations } from '@app/database';
import { aCall, aCaller, anOutcome } from '@testing/call';
import { aKeyRule } from '@testing/limits';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { startPostgres } from '../apps/gateway/test/harness.ts';
import { LeaseKeeper } from '../libs/limits/src/lease-keeper.js';
import { LeaseStore } from '../libs/limits/src/lease-store.js';
import { LimitsService } from '../libs/limits/src/limits.service.js';
import { migrations } from '../migrations/index.js';

// node --import ./bench/typescript.mjs bench/leases.bench.ts [500 …]: what limits cost PostgreSQL, and whether they hold, for
// so many replicas. The replicas are real as far as limits go, but live in one process; the PostgreSQL server is real.

const COUNTS = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 4, 20, 100, 500];
const KEYS = 10;
const REQUESTS_PER_REPLICA_AND_SECOND = 10;
const SECONDS = 20;
/** The first call of a key in each replica has to ask; what counts is what comes after. */
const WARM_UP_SECONDS = 5;
const STEP_MS = 20;
const COST_PICO_USD = 1_000_000n;
/** What a budget that runs out is worth, in calls. */
const WORTH = 20_000n;
const PLENTY = 10n ** 24n;
const CONNECTIONS = 10;

interface Replica {
  readonly limits: LimitsService;
  readonly keeper: LeaseKeeper;
  readonly store: LeaseStore;
}

const postgres = await startPostgres();
const url = await postgres.database('leases');
await runMigrations({ url, migrations });
const dataSource = await new DataSource({
  type: 'postgres',
  url,
  extra: { max: CONNECTIONS },
}).initialize();
const listener = new pg.Client(url);
await listener.connect();
await listener.query('LISTEN gateway_limits');
const handlers = new Set<(payload: string) => void>();
listener.on('notification', ({ payload }) => handlers.forEach((handler) => handler(payload ?? '')));

async function replicasOf(count: number): Promise<Replica[]> {
  const replicas = Array.from({ length: count }, (_, index): Replica => {
    const store = new LeaseStore(dataSource, `bench-${count}/${index}`, true);
    const keeper = new LeaseKeeper({
      store,
      // Rows never arrive here: what was spent stays in the hands of who spent it.
      totals: {
        pendingPicoUsd: () => PLENTY,
        onAdopted: () => undefined,
        onShipped: () => undefined,
        onCharged: () => undefined,
        settled: () => Promise.resolve(),
      },
      notifications: {
        pulse: new Pulse(),
        listen: (_channel, handler) => {
          handlers.add(handler);
          return () => handlers.delete(handler);
        },
      },
      whenReady: () => Promise.resolve(),
    });
    keeper.onApplicationBootstrap();
    return { store, keeper, limits: new LimitsService(keeper, { global: () => [], endUser: () => [] }) };
  });
  for (const { keeper } of replicas) await keeper.beat();
  return replicas;
}

/** One call, from its admission to its end; false where it was refused. */
async function called(replica: Replica, rules: readonly LimitRule[]): Promise<boolean> {
  const call = aCall({ body: { model: 'gpt-4', messages: [], max_tokens: 10 }, caller: aCaller({ rules }) });
  try {
    const permit = await replica.limits.admit(call, COST_PICO_USD);
    permit.settle(anOutcome({ call, costPicoUsd: COST_PICO_USD }));
    return true;
  } catch {
    return false;
  }
}

const statementsOf = (replicas: readonly Replica[]): number =>
  replicas.reduce((sum, { store }) => sum + store.statements, 0);

/** Keys with money and rates enough, asked everywhere. */
async function steady(replicas: readonly Replica[], count: number): Promise<object> {
  const rules = Array.from({ length: KEYS }, (_, index) => [
    aKeyRule({
      scope: `key:steady-${count}-${index}`,
      maxBudgetPicoUsd: PLENTY,
      requestsPerMinute: 10_000_000,
      tokensPerMinute: 1_000_000_000,
    }),
  ]);
  let before = 0;
  let warmUpCalls = 0;
  const calls: Promise<boolean>[] = [];
  const startedAt = performance.now();
  for (let sent = 0; ;) {
    const seconds = (performance.now() - startedAt) / 1_000;
    if (seconds > WARM_UP_SECONDS + SECONDS) break;
    if (warmUpCalls === 0 && seconds > WARM_UP_SECONDS) {
      before = statementsOf(replicas);
      warmUpCalls = calls.length;
    }
    const due = Math.floor(seconds * REQUESTS_PER_REPLICA_AND_SECOND * count);
    for (; sent < due; sent += 1) {
      const replica = replicas[Math.floor(Math.random() * count)] as Replica;
      calls.push(called(replica, rules[sent % KEYS] ?? []));
    }
    await sleep(STEP_MS);
  }
  const answers = await Promise.all(calls);
  const statements = statementsOf(replicas) - before;
  const counted = answers.length - warmUpCalls;
  return {
    requests: counted,
    refused: answers.filter((isAdmitted) => !isAdmitted).length,
    statementsPer1000: Math.round((statements / counted) * 10_000) / 10,
    statementsPerSecond: Math.round(statements / SECONDS),
  };
}

/** One key whose money runs out while everybody spends it. */
async function exhausted(replicas: readonly Replica[], count: number): Promise<object> {
  const rules = [aKeyRule({ scope: `key:spent-${count}`, maxBudgetPicoUsd: COST_PICO_USD * WORTH })];
  const answers = await Promise.all(
    replicas.map(async (replica) => {
      let admitted = 0;
      while (await called(replica, rules)) {
        admitted += 1;
        if (admitted % 50 === 0) await sleep(1);
      }
      return admitted;
    }),
  );
  const admitted = answers.reduce((sum, one) => sum + one, 0);
  return {
    worth: Number(WORTH),
    admitted,
    overrun: Math.max(0, admitted - Number(WORTH)),
    usable: `${((admitted / Number(WORTH)) * 100).toFixed(2)} %`,
  };
}

for (const count of COUNTS) {
  const replicas = await replicasOf(count);
  const result = {
    replicas: count,
    ...(await steady(replicas, count)),
    ...(await exhausted(replicas, count)),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  for (const { keeper } of replicas) keeper.abandon();
  handlers.clear();
  for (const { store } of replicas) await store.retire();
}
await listener.end();
await dataSource.destroy();
await postgres.stop();
process.exit(0);
