import { type BindingLimit, type Call, type LimitNote, type Outcome, TEXT_CALLS } from '@app/call';
import { askedCapOf } from '@app/spend';
import { type Gauge } from './gauge.js';
import { type Pool } from './pool.js';

/** One limit that binds a call, with what the call takes of it. */
export interface Entry {
  readonly gauge: Gauge;
  readonly pool: Pool;
  /** What the call may use at most, as far as that is known. */
  readonly need: bigint;
  /** With less it is refused. */
  readonly least: bigint;
  taken: bigint;
}

/** All limits that bind one call. */
export class Standing {
  #isSettled = false;
  #note: LimitNote | null = null;

  constructor(
    readonly entries: readonly Entry[],
    /** The call may cost more than what is left: nothing caps its answer. */
    readonly isSoft: boolean,
    /** What the entries are, for who reads about the call; one list for all calls under the same limits. */
    private readonly limits: readonly BindingLimit[],
  ) {}

  /** Null while nothing is decided. */
  get note(): LimitNote | null {
    return this.#note;
  }

  /** The entries for which more must be fetched, the one that refuses, or null when all was taken. */
  take(nowMs: number): { readonly lacking: Entry[]; readonly refusing: Entry | null } | null {
    const lacking: Entry[] = [];
    for (const entry of this.entries) {
      const { pool, need, least } = entry;
      pool.refresh(nowMs);
      if (pool.available >= need) continue;
      if (pool.mayGet(need, nowMs) || (pool.available < least && pool.mayGet(least, nowMs)))
        lacking.push(entry);
      else if (pool.available < least) {
        this.#decided(entry);
        return { lacking: [], refusing: entry };
      }
    }
    if (lacking.length > 0) return { lacking, refusing: null };
    this.#decided(null);
    for (const entry of this.entries) {
      const { pool, need } = entry;
      entry.taken = pool.available < need ? pool.available : need;
      pool.take(entry.taken, nowMs);
    }
    return null;
  }

  #decided(refusing: Entry | null): void {
    this.#note = {
      limits: this.limits,
      left: this.entries.map(({ pool }) => pool.remaining()),
      refusing: refusing && this.entries.indexOf(refusing),
    };
  }

  settle(outcome: Outcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const nowMs = performance.now();
    for (const { gauge, pool, taken } of this.entries) {
      pool.settle(taken, isChargedTo(gauge.rule.model, outcome) ? usedOf(pool, outcome) : 0n, nowMs);
    }
  }
}

/** A limit of one model is charged where that model answered, as its rows are. */
const isChargedTo = (model: string | null, { boundAs }: Outcome): boolean =>
  model === null || !boundAs || boundAs.includes(model);

function usedOf({ name }: Pool, { costPicoUsd, usage }: Outcome): bigint {
  if (name.kind === 'money') return costPicoUsd;
  if (name.kind !== 'tokens') return 0n;
  return BigInt(Math.max(0, usage.promptTokens - usage.cachedTokens) + usage.completionTokens);
}

/** Bytes of JSON for one token, on the cautious side. */
const BYTES_PER_TOKEN = 3;
const LIKELY_COMPLETION_TOKENS = 256;
const MOST_COMPLETION_TOKENS = 4_096;

/** What a call may cost and use at most, worked out once for all limits that bind it. */
export interface CallBound {
  readonly picoUsd: bigint;
  /** Only as good as a guess: text whose length nobody has capped. */
  readonly isSoft: boolean;
  /** Likely, not most. */
  readonly tokens: bigint;
}

/** @param picoUsd the most that the call can cost; 0 where nobody knows a price */
export function callBoundOf(call: Call, picoUsd: bigint): CallBound {
  const askedCap = askedCapOf(call);
  return {
    picoUsd,
    isSoft: askedCap === null && TEXT_CALLS.has(call.type),
    tokens: likelyTokens(call, askedCap),
  };
}

/** What a call takes of one limit while it runs, and the least with which it may. */
export function claimOf(
  gauge: Gauge,
  { picoUsd, isSoft, tokens }: CallBound,
): { readonly need: bigint; readonly least: bigint } {
  if (gauge.kind === 'money') {
    const least = isSoft || picoUsd === 0n ? 1n : picoUsd;
    return { need: picoUsd > least ? picoUsd : least, least };
  }
  if (gauge.kind === 'tokens') return { need: tokens, least: 1n };
  return ONE;
}

const ONE = Object.freeze({ need: 1n, least: 1n });

function likelyTokens(call: Call, askedCap: number | null): bigint {
  const completion =
    askedCap === null ? LIKELY_COMPLETION_TOKENS : Math.min(askedCap, MOST_COMPLETION_TOKENS);
  return BigInt(1 + Math.ceil(call.bodyBytes / BYTES_PER_TOKEN) + completion);
}
