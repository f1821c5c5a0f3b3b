import { type BindingLimit, type LimitRule } from '@app/call';
import { windowAt } from '@app/users';
import { type LimitHeaders, limitHeadersOf } from './limit-headers.js';
import { type Pool, type PoolKind, type PoolName } from './pool.js';

/** One limit of one rule, and where it is counted. */
export interface Gauge {
  readonly rule: LimitRule;
  readonly kind: PoolKind;
  readonly cap: bigint;
  readonly meter: Meter;
  /** The same for those who read about the call. */
  readonly note: BindingLimit;
  /** The same for the headers of their answers; null where they say nothing of it. */
  readonly headers: LimitHeaders | null;
}

/** Gives the one pool of that name. */
export type PoolFinder = (name: PoolName, cap: bigint) => Pool;

const FOR_EVER = { startsAtMs: Number.NEGATIVE_INFINITY, endsAtMs: Number.POSITIVE_INFINITY };
const SECOND_MS = 1_000;

/** Finds the pool of one limit: for a budget that of the window that a call belongs to. */
export class Meter {
  #pool: Pool | null = null;

  constructor(
    private readonly rule: LimitRule,
    private readonly kind: PoolKind,
    private readonly find: PoolFinder,
  ) {}

  /** @param atMs wall clock: the window that holds it */
  pool(cap: bigint, atMs: number): Pool {
    let pool = this.#pool;
    if (!pool || pool.isDropped || !this.#holds(pool, atMs)) {
      const { scope, model } = this.rule;
      pool = this.#pool = this.find({ scope, model, kind: this.kind, ...this.#windowAt(atMs) }, cap);
    }
    if (pool.cap !== cap) pool.limitTo(cap);
    return pool;
  }

  #holds({ name }: Pool, atMs: number): boolean {
    return atMs >= name.startsAtMs && atMs < name.endsAtMs;
  }

  /** In whole seconds, as the ledger charges. */
  #windowAt(atMs: number): typeof FOR_EVER {
    const { budgetDuration, budgetStartsAtMs } = this.rule;
    if (this.kind !== 'money' || budgetDuration === null) return FOR_EVER;
    const startsAtMs = Math.floor(budgetStartsAtMs / SECOND_MS) * SECOND_MS;
    const window = windowAt({ duration: budgetDuration, startsAtMs }, atMs);
    return window.endsAtMs === Number.POSITIVE_INFINITY ? FOR_EVER : window;
  }
}

/** Budgets first, then rates: the order in which refusals are told. */
export function gaugesOf(rules: readonly LimitRule[], find: PoolFinder): Gauge[] {
  const gauges = rules.flatMap((rule) =>
    limitsOf(rule).map(([kind, cap]) => ({
      rule,
      kind,
      cap,
      meter: new Meter(rule, kind, find),
      note: noteOf(rule, kind, cap),
      headers: limitHeadersOf(rule, kind, cap),
    })),
  );
  return [...gauges.filter(({ kind }) => kind === 'money'), ...gauges.filter(({ kind }) => kind !== 'money')];
}

const noteOf = ({ scope, model, budgetDuration }: LimitRule, kind: PoolKind, cap: bigint): BindingLimit => ({
  scope: scope.split(':', 1)[0] ?? '',
  kind,
  model,
  cap,
  duration: kind === 'money' ? budgetDuration : null,
});

function limitsOf(rule: LimitRule): [PoolKind, bigint][] {
  const limits: [PoolKind, bigint | number | null][] = [
    ['money', rule.maxBudgetPicoUsd],
    ['parallel', rule.maxParallelRequests],
    ['requests', rule.requestsPerMinute],
    ['tokens', rule.tokensPerMinute],
  ];
  return limits.flatMap(([kind, limit]) =>
    limit === null ? [] : [[kind, BigInt(limit)] as [PoolKind, bigint]],
  );
}
