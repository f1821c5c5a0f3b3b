import { Injectable } from '@nestjs/common';
import {
  type BindingLimit,
  type Call,
  GatewayError,
  type LimitRule,
  type Outcome,
  UnavailableError,
} from '@app/call';
import { type Gauge, gaugesOf } from './gauge.js';
import { LeaseKeeper } from './lease-keeper.js';
import { type ModelClaim } from './model-claim.js';
import { type PoolKind } from './pool.js';
import { refusalOf } from './refusals.js';
import { type CallBound, callBoundOf, claimOf, type Entry, Standing } from './standing.js';

/** The right to run one call. It ends with `settle`, exactly once whatever happens; more often does no harm. */
export interface Permit {
  /** Gives back what was reserved; to be called once the ledger has counted the cost. */
  settle(outcome: Outcome): void;
}

/** What is left of one limit: pico-dollars, requests, tokens or slots. */
export interface LimitLeft {
  readonly kind: PoolKind;
  /** Null: every call counts. */
  readonly model: string | null;
  readonly left: bigint;
}

/** Where it is noted what a call is counted against, for its answer and its row. */
export interface Limited {
  /** Null where nothing binds it. */
  standing: Standing | null;
}

const UNLIMITED: Permit = Object.freeze({ settle: () => undefined });
/** So often a call may find that others were quicker with what was fetched for it. */
const MAX_ROUNDS = 20;
const NO_RULES: readonly LimitRule[] = Object.freeze([]);

/** What binds calls beyond the rules of their callers. */
export interface OtherRules {
  /** The gateway's own. */
  global(): readonly LimitRule[];
  endUser(endUserId: string): readonly LimitRule[] | Promise<readonly LimitRule[]>;
}

/** Admits calls as long as every budget and every rate that binds them has room. */
@Injectable()
export class LimitsService {
  readonly #gauges = new WeakMap<readonly LimitRule[], readonly Gauge[]>();
  /** What gauges say of themselves; nearly all calls are bound by all gauges of one list. */
  readonly #limits = new WeakMap<readonly Gauge[], readonly BindingLimit[]>();

  constructor(
    private readonly leases: LeaseKeeper,
    private readonly others: OtherRules,
  ) {}

  /**
   * Reserves what the call may cost and use: of every limit, or of none. Decides without waiting where this process has
   * enough of them in hand, so that calls that arrive together see each other.
   * @param boundPicoUsd the most that the call can cost, whoever answers it; 0 where nobody knows a price
   * @param limited is told what the call is counted against, also where it is refused
   * @param model what will be asked first
   * @throws BudgetExceededError, RateLimitError; PermissionError for a blocked end user; UnavailableError when there
   * is not enough in hand and the database is away
   */
  admit(
    call: Call,
    boundPicoUsd: bigint,
    limited: Limited | null = null,
    model: ModelClaim = { names: [call.model], bound: () => boundPicoUsd },
  ): Permit | Promise<Permit> {
    const { endUser, caller } = call;
    if (caller.kind === 'master' && endUser === null) return UNLIMITED;
    const endUserRules = endUser === null ? NO_RULES : this.others.endUser(endUser);
    const claim = { picoUsd: boundPicoUsd, model };
    if (endUserRules instanceof Promise) {
      return endUserRules.then((rules) => this.#admit(call, this.#standingOf(call, claim, rules), limited));
    }
    return this.#admit(call, this.#standingOf(call, claim, endUserRules), limited);
  }

  /**
   * The same for a model that is to answer in place of the first, and that has limits of its own. Those of all models
   * hold already.
   * @param held names of models for which the call was admitted before
   * @throws as {@link admit}
   */
  async admitFallback(call: Call, model: ModelClaim, held: readonly string[]): Promise<Permit> {
    const { endUser, caller } = call;
    if (caller.kind === 'master' && endUser === null) return UNLIMITED;
    const endUserRules = endUser === null ? NO_RULES : await this.others.endUser(endUser);
    const all = this.#rulesFor(call, endUserRules).flatMap((rules) => this.#gaugesOf(rules));
    const bound = callBoundOf(call, 0n);
    const entries = all
      .filter(
        ({ rule }) => rule.model !== null && model.names.includes(rule.model) && !held.includes(rule.model),
      )
      .map((gauge) => entryOf(gauge, { ...bound, picoUsd: model.bound() }, call.startedAt.getTime()));
    const notes = entries.map(({ gauge }) => gauge.note);
    return this.#admit(call, new Standing(entries, false, notes), null);
  }

  /** How many limits this process holds a part of, and what asking PostgreSQL for it has taken so far. */
  get leased(): { readonly pools: number; readonly statements: number } {
    return { pools: this.leases.size, statements: this.leases.statements };
  }

  /** What is left of the limits of `scope` as this process knows it: of one that no call has met here, nothing is said. */
  left(scope: string): LimitLeft[] {
    const nowMs = performance.now();
    return this.leases.poolsOf(scope).map((pool) => {
      pool.refresh(nowMs);
      return { kind: pool.name.kind, model: pool.name.model, left: pool.remaining() };
    });
  }

  #admit(call: Call, standing: Standing, limited: Limited | null): Permit | Promise<Permit> {
    if (standing.entries.length === 0) return UNLIMITED;
    if (limited) limited.standing = standing;
    const shortage = standing.take(performance.now());
    if (!shortage) return standing;
    if (shortage.refusing) return this.#refuse(shortage.refusing, call);
    return this.#fetch(call, standing);
  }

  /** Rows that are being written stand in the books and in our hands at once: a refusal names a balance that is true. */
  async #refuse({ gauge, pool }: Entry, call: Call): Promise<never> {
    if (pool.name.kind === 'money') await this.leases.settled(pool);
    throw refusalOf(gauge, pool, call);
  }

  /** Nothing is held while waiting: two calls never wait for each other. */
  async #fetch(call: Call, standing: Standing): Promise<Permit> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const shortage = standing.take(performance.now());
      if (!shortage) return standing;
      if (shortage.refusing) return this.#refuse(shortage.refusing, call);
      await Promise.all(shortage.lacking.map(({ pool, need, least }) => this.leases.fill(pool, need, least)));
      if (call.signal.aborted) throw aborted(call);
    }
    throw new UnavailableError('The limits of this key are busy. Try again shortly.');
  }

  #rulesFor({ caller }: Call, endUserRules: readonly LimitRule[]): readonly (readonly LimitRule[])[] {
    if (caller.kind === 'master') return [endUserRules];
    return [caller.rules, endUserRules, this.others.global()];
  }

  #standingOf(call: Call, { picoUsd, model }: Claim, endUserRules: readonly LimitRule[]): Standing {
    const bound = callBoundOf(call, picoUsd);
    const atMs = call.startedAt.getTime();
    const entries: Entry[] = [];
    let gauges: readonly Gauge[] = [];
    for (const rules of this.#rulesFor(call, endUserRules)) {
      if (rules.length === 0) continue;
      gauges = this.#gaugesOf(rules);
      for (const gauge of gauges) {
        const only = gauge.rule.model;
        if (only === null) entries.push(entryOf(gauge, bound, atMs));
        else if (model.names.includes(only))
          entries.push(entryOf(gauge, { ...bound, picoUsd: model.bound() }, atMs));
      }
    }
    const isSoft = (bound.isSoft || picoUsd === 0n) && entries.some(({ gauge }) => gauge.kind === 'money');
    return new Standing(entries, isSoft, this.#limitsOf(entries, gauges));
  }

  /** @param gauges those of the list that was looked at last */
  #limitsOf(entries: readonly Entry[], gauges: readonly Gauge[]): readonly BindingLimit[] {
    const isWhole = entries.length === gauges.length && entries[0]?.gauge === gauges[0];
    if (!isWhole) return entries.map(({ gauge }) => gauge.note);
    let limits = this.#limits.get(gauges);
    if (!limits) this.#limits.set(gauges, (limits = gauges.map(({ note }) => note)));
    return limits;
  }

  #gaugesOf(rules: readonly LimitRule[]): readonly Gauge[] {
    let gauges = this.#gauges.get(rules);
    if (!gauges) {
      gauges = gaugesOf(rules, (name, cap) => this.leases.pool(name, cap));
      this.#gauges.set(rules, gauges);
    }
    return gauges;
  }
}

/** What a call may cost: with any model, and with the one that is asked first. */
interface Claim {
  readonly picoUsd: bigint;
  readonly model: ModelClaim;
}

function entryOf(gauge: Gauge, bound: CallBound, atMs: number): Entry {
  const pool = gauge.meter.pool(gauge.cap, atMs);
  const { need, least } = claimOf(gauge, bound);
  return { gauge, pool, need, least, taken: 0n };
}

const aborted = ({ signal }: Call): GatewayError =>
  signal.reason instanceof GatewayError ? signal.reason : new UnavailableError('The call was ended.');
