import { pause } from '../harness.ts';
import { CALL_PICO_USD, CALL_USD, type Field, type Kind, TEXT } from './field.ts';

const MONEY_FOR = 100;
const CALLS_AT_ONCE = 500;
const USABLE_PICO_USD = CALL_PICO_USD * BigInt(MONEY_FOR);
const PICO_PER_USD = 1e12;
/** A lease ends so long after the last sign of its holder, and what it held is seen soon after. */
const LEASE_MS = 30_000 + 15_000;

/** One repeat of a trial, as it is printed. */
export interface Result {
  readonly trial: string;
  readonly replicas: number;
  readonly servedAtOnce: number;
  readonly servedInAll: number;
  readonly lost: number;
  readonly unavailable: number;
  /** Beyond the budget, in pico-dollars. */
  readonly overrun: string;
  /** Share of the budget that calls could use. */
  readonly usable: number;
  readonly odd: readonly string[];
  readonly reclaimedMs?: number;
  readonly pass: boolean;
}

let budgets = 0;

async function aBudget(field: Field, { slackPicoUsd }: Kind): Promise<{ key: string; userId: string }> {
  const userId = `exact-${process.pid}-${(budgets += 1)}`;
  const maxBudget = Number(USABLE_PICO_USD + slackPicoUsd) / PICO_PER_USD;
  return { key: await field.key({ max_budget: maxBudget, user_id: userId }), userId };
}

/** Everybody at once on money for a fifth of them; what is left afterwards is still to be had. */
export async function barrier(field: Field, kind = TEXT): Promise<Result> {
  const { key, userId } = await aBudget(field, kind);
  const atOnce = await field.together(CALLS_AT_ONCE, key, kind);
  const rest = await field.untilRefused(key, kind);
  return judged(field, `barrier, ${kind.name}`, {
    slackPicoUsd: kind.slackPicoUsd,
    userId,
    atOnce: atOnce.served,
    served: atOnce.served + rest.served,
    lost: 0,
    unavailable: atOnce.unavailable + rest.unavailable,
    odd: [...atOnce.odd, ...rest.odd],
  });
}

/** The same, and one replica dies in the middle of it and comes back. Calls that died with it are charged by their estimate. */
export async function crash(field: Field, afterMs: number): Promise<Result> {
  const { key, userId } = await aBudget(field, TEXT);
  const burst = field.together(CALLS_AT_ONCE, key);
  await pause(afterMs);
  await field.crash(field.gateways.length - 1);
  const atOnce = await burst;
  await pause(1_000);
  const reclaimedMs = await field.reclaimed();
  const rest = await field.untilRefused(key);
  const result = await judged(field, 'crash', {
    slackPicoUsd: 0n,
    userId,
    atOnce: atOnce.served,
    served: atOnce.served + rest.served,
    lost: atOnce.lost,
    unavailable: atOnce.unavailable + rest.unavailable,
    odd: [...atOnce.odd, ...rest.odd],
  });
  // No money is held in the name of the dead: all of it was spent, or is to be had.
  return { ...result, reclaimedMs, pass: result.pass && reclaimedMs <= LEASE_MS };
}

/** Calls one after another, good ones and failing ones: not one may be refused as long as there is money. */
export async function falseRefusals(field: Field, calls: number): Promise<Result> {
  const userId = `exact-${process.pid}-${(budgets += 1)}`;
  const key = await field.key({ max_budget: CALL_USD * calls, user_id: userId });
  const odd: string[] = [];
  let served = 0;
  let refused = 0;
  for (let index = 0; served + refused < calls; index += 1) {
    const isBroken = index % 10 === 3;
    const answer = await field.call(index, key, isBroken ? { model: 'broken' } : {});
    if (answer.status === 200) served += 1;
    else if (answer.status === 429) refused += 1;
    else if (!isBroken) odd.push(`${answer.status} ${answer.text.slice(0, 200)}`);
  }
  const spent = await field.spent(userId);
  const overrun = spent - CALL_PICO_USD * BigInt(calls);
  return {
    trial: `${calls} in turn, ${refused} refused`,
    replicas: field.gateways.length,
    servedAtOnce: 0,
    servedInAll: served,
    lost: 0,
    unavailable: 0,
    overrun: String(overrun > 0n ? overrun : 0n),
    usable: served / calls,
    odd,
    pass: refused === 0 && overrun <= 0n && odd.length === 0,
  };
}

/** Statements about leases for each 1,000 requests of a key with budget and rates. */
export async function statements(
  field: Field,
  requests: number,
): Promise<{ readonly trial: string; readonly perThousand: number; readonly pass: boolean }> {
  const key = await field.key({
    max_budget: 1_000,
    rpm_limit: 1_000_000,
    tpm_limit: 1_000_000_000,
    max_parallel_requests: 1_000,
  });
  await field.together(40, key);
  const before = await leaseStatements(field);
  for (let sent = 0; sent < requests; sent += 100) await field.together(100, key);
  await pause(1_500);
  const perThousand = (((await leaseStatements(field)) - before) * 1_000) / requests;
  return {
    trial: `statements for ${requests} requests, ${field.gateways.length} replicas`,
    perThousand,
    pass: perThousand <= 30,
  };
}

async function leaseStatements({ options }: Field): Promise<number> {
  const [row] = await options.query<{ calls: number }>(
    `SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_user_functions WHERE funcname LIKE 'limit_%'`,
  );
  return row?.calls ?? 0;
}

interface Seen {
  readonly userId: string;
  readonly slackPicoUsd: bigint;
  readonly atOnce: number;
  readonly served: number;
  readonly lost: number;
  readonly unavailable: number;
  readonly odd: readonly string[];
}

async function judged(field: Field, trial: string, seen: Seen): Promise<Result> {
  const spent = await field.spent(seen.userId);
  const cap = USABLE_PICO_USD + seen.slackPicoUsd;
  const overrun = spent > cap ? spent - cap : 0n;
  const usable = Number((spent * 10_000n) / USABLE_PICO_USD) / 10_000;
  const hasLost = trial === 'crash';
  return {
    trial,
    replicas: field.gateways.length,
    servedAtOnce: seen.atOnce,
    servedInAll: seen.served,
    lost: seen.lost,
    unavailable: seen.unavailable,
    overrun: String(overrun),
    usable,
    odd: seen.odd,
    pass:
      overrun === 0n &&
      usable >= 0.995 &&
      seen.odd.length === 0 &&
      (hasLost || BigInt(seen.served) * CALL_PICO_USD === spent),
  };
}
