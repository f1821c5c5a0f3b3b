import { type Call, type Caller, type LimitRule, type Outcome } from '@app/call';
import { aCall, aCaller, anOutcome, aRule } from '@testing/call';
import { Pulse } from '@app/database';
import { type TestDatabase } from '@testing/database';
import { aJournalFolder, aRowId, aSpendRuntime, type JournalFolder } from '@testing/spend';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { LeaseKeeper } from './lease-keeper.js';
import { LeaseStore } from './lease-store.js';
import { LimitsService, type Permit } from './limits.service.js';

export const KEY = 'cd'.repeat(32);

/** A rule of the key that {@link aLimitedCall} is made with. */
export const aKeyRule = (changes: Partial<LimitRule> = {}): LimitRule =>
  aRule({ scope: `key:${KEY}`, ...changes });

/** A call under `rules` whose answer is capped, so that its bound is one. */
export function aLimitedCall(
  rules: readonly LimitRule[],
  changes: Partial<Omit<Call, 'body' | 'caller'>> & { caller?: Partial<Caller>; uncapped?: boolean } = {},
): Call {
  const { caller, uncapped, ...others } = changes;
  const body = { model: 'gpt-4', messages: [], ...(uncapped ? {} : { max_tokens: 10 }) };
  return aCall({
    id: aRowId(),
    body,
    caller: aCaller({ keyHash: KEY, rules, ...caller }),
    ...others,
  });
}

/** One gateway process as far as its limits go: a ledger that ships real rows, leases, and the service. */
export interface Replica {
  readonly limits: LimitsService;
  readonly keeper: LeaseKeeper;
  readonly store: LeaseStore;
  readonly runtime: ReturnType<typeof aSpendRuntime>;
  /** What the gateway does with a call, from its admission to its row. */
  run(call: Call, boundPicoUsd: bigint, costPicoUsd?: bigint): Promise<void>;
  end(permit: Permit, call: Call, outcome: Partial<Outcome>): Promise<void>;
  /** The orderly end. */
  stop(): Promise<void>;
  /** The sudden end: nothing is told to anybody. */
  vanish(): Promise<void>;
}

let replicas = 0;

/** @param global rules that bind every call */
export async function aReplica(
  database: TestDatabase,
  options: {
    readonly url?: string;
    readonly global?: readonly LimitRule[];
    readonly endUser?: (id: string) => readonly LimitRule[] | Promise<readonly LimitRule[]>;
  } = {},
): Promise<Replica> {
  const url = options.url ?? database.url;
  const folder: JournalFolder = aJournalFolder();
  const runtime = aSpendRuntime(url, { journalDir: folder.path });
  const dataSource = await aDataSource(url);
  const store = new LeaseStore(dataSource, `replica/${String((replicas += 1))}`, true);
  const listener = await aListener(url);
  const keeper = new LeaseKeeper({
    store,
    totals: runtime.totals,
    notifications: listener,
    whenReady: () => Promise.resolve(),
  });
  keeper.onApplicationBootstrap();
  await keeper.beat();
  const limits = new LimitsService(keeper, {
    global: () => options.global ?? [],
    endUser: options.endUser ?? (() => []),
  });
  const close = async (): Promise<void> => {
    await runtime.onApplicationShutdown();
    await listener.client.end();
    await dataSource.destroy();
    folder.remove();
  };
  return {
    limits,
    keeper,
    store,
    runtime,
    ...workOf(limits, runtime),
    stop: async () => {
      await runtime.ledger.drain();
      await keeper.beforeApplicationShutdown();
      await close();
    },
    vanish: async () => {
      keeper.abandon();
      await close();
    },
  };
}

function workOf(limits: LimitsService, runtime: Replica['runtime']): Pick<Replica, 'run' | 'end'> {
  const end = async (permit: Permit, call: Call, changes: Partial<Outcome>): Promise<void> => {
    const outcome = anOutcome({ call, ...changes });
    await runtime.ledger.close(outcome);
    permit.settle(outcome);
  };
  return {
    end,
    run: async (call, bound, cost = bound) => {
      const permit = await limits.admit(call, bound);
      runtime.ledger.open(call, bound);
      await end(permit, call, { costPicoUsd: cost });
    },
  };
}

const aDataSource = (url: string): Promise<DataSource> =>
  new DataSource({
    type: 'postgres',
    url,
    connectTimeoutMS: 500,
    extra: { query_timeout: 900 },
    poolErrorHandler: () => undefined,
  }).initialize();

async function aListener(url: string) {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  return {
    client,
    pulse: new Pulse(),
    listen: (channel: string, handler: (payload: string) => void) => {
      client.on('notification', ({ payload }) => handler(payload ?? ''));
      void client.query(`LISTEN gateway_${channel}`);
      return () => undefined;
    },
  };
}

/** What the ledger's rows have charged to the budgets of a scope, in pico-dollars. */
export async function chargedTo(database: TestDatabase, scope: string): Promise<bigint> {
  const [row] = await database.query<{ spent: string }>(
    `SELECT coalesce(sum(spent), 0)::text AS spent FROM limit_accounts WHERE scope = $1 AND kind = 'money'`,
    [scope],
  );
  return BigInt(row?.spent ?? -1);
}
