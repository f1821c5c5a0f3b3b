import { type Charge, isTotalled } from '@app/spend';
import { Resting } from './resting.js';

/** Money is spent for good; requests and tokens come back after a minute; slots when their call has ended. */
export type PoolKind = 'money' | 'requests' | 'tokens' | 'parallel';

export interface PoolName {
  readonly scope: string;
  /** Null: every call counts. */
  readonly model: string | null;
  readonly kind: PoolKind;
  /** The window, wall clock in ms; infinite on both sides where there is none. */
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** What PostgreSQL said of an account when it was asked last. */
export interface Balance {
  readonly account: string;
  readonly granted: bigint;
  /** Money in rows that have arrived. */
  readonly spent: bigint;
  /** What nobody had in hand, after the grant. */
  readonly free: bigint;
  /** In the hands of other processes. */
  readonly others: bigint;
  readonly live: number;
}

/** A shortage is believed for so long; then PostgreSQL is asked again. */
const SHORT_MS = 100;

/**
 * What this process has in hand of one limit. Nothing here waits: what is checked and taken in one turn of the event
 * loop is exact. Amounts are pico-dollars, requests, tokens or slots.
 */
export class Pool {
  /** Free for the next call. */
  available = 0n;
  /** In running calls. */
  reserved = 0n;
  /** Money of calls that have ended, as far as it may not be in PostgreSQL's books yet. */
  ended = 0n;
  readonly resting = new Resting();
  /** Tokens that calls have used beyond what was in hand: what comes back pays for them first. */
  overdrawn = 0n;
  /** Null until PostgreSQL has been asked. */
  balance: Balance | null = null;
  /** The limit as the last call knew it. */
  cap: bigint;
  usedAtMs = performance.now();
  /** Nobody looks after it any more. */
  isDropped = false;
  /** What PostgreSQL believes to be in our hands. */
  reported = 0n;
  /**
   * Money that is pending of the scope is all that can be on its way. Rows also come of calls that took nothing here: of
   * other keys of a user, or begun before there was the limit. Where that much is known, they must not lower `ended`.
   */
  readonly #isPendingKnown: boolean;
  #shortUntilMs = 0;
  #chargedAtMs = -Infinity;

  constructor(
    readonly name: PoolName,
    cap: bigint,
    readonly pendingOf: (scope: string) => bigint,
  ) {
    this.cap = cap;
    this.#isPendingKnown = name.model === null && isTotalled(name.scope);
  }

  /** Everything that must not be given to others now. */
  held(): bigint {
    this.#trim();
    // What cost more than was reserved stands in the books as soon as its row has arrived.
    if (this.name.kind === 'money' && this.available < -this.ended) this.available = -this.ended;
    return this.available + this.reserved + this.resting.sum + this.ended;
  }

  /** A changed limit: what was in hand under the old one is asked for anew. */
  limitTo(cap: bigint): void {
    if (cap === this.cap) return;
    if (cap < this.cap) this.available = 0n;
    this.cap = cap;
    this.#shortUntilMs = 0;
  }

  refresh(nowMs: number): void {
    this.usedAtMs = nowMs;
    const next = this.resting.nextMs;
    if (next !== null && next <= nowMs) this.#return(this.resting.release(nowMs));
  }

  /** Whether asking PostgreSQL could bring `amount` together; false while it has just said no. */
  mayGet(amount: bigint, nowMs: number): boolean {
    if (nowMs >= this.#shortUntilMs) return true;
    return this.balance !== null && this.available + this.balance.free >= amount;
  }

  noteShortage(nowMs: number): void {
    this.#shortUntilMs = nowMs + SHORT_MS;
  }

  /** @param askedAtMs when the question was sent: rows that were charged since then may be missing from the answer */
  grant(balance: Balance, askedAtMs: number): void {
    const known = this.balance;
    const isOlder = known?.account === balance.account && this.#chargedAtMs > askedAtMs;
    const spent = isOlder ? maxOf(known.spent, balance.spent) : balance.spent;
    this.balance = { ...balance, spent };
    this.available += balance.granted;
  }

  /** Rows of calls that ended here, or of `others`, are in the books now. */
  charge({ picoUsd, spentPicoUsd }: Charge, isOurs: boolean, nowMs: number): void {
    if (!this.balance) return;
    this.#chargedAtMs = nowMs;
    this.balance = { ...this.balance, spent: maxOf(this.balance.spent, spentPicoUsd) };
    if (isOurs && !this.#isPendingKnown) this.ended = maxOf(0n, this.ended - picoUsd);
  }

  take(amount: bigint, nowMs: number): void {
    this.available -= amount;
    if (this.name.kind === 'requests') this.resting.add(amount, nowMs);
    else this.reserved += amount;
  }

  /** A call has ended: of the `amount` taken for it `used` is gone, or rests. */
  settle(amount: bigint, used: bigint, nowMs: number): void {
    const { kind } = this.name;
    if (kind === 'requests') return;
    this.reserved -= amount;
    if (kind === 'parallel') this.available += amount;
    else this.available += amount - used;
    if (kind === 'money') this.ended += used;
    if (kind === 'tokens') this.#use(used, nowMs);
    this.#shortUntilMs = 0;
  }

  /** More than was taken is used all the same: it rests with the others, so that every process is told of it. */
  #use(tokens: bigint, nowMs: number): void {
    this.resting.add(tokens, nowMs);
    if (this.available >= 0n) return;
    this.overdrawn -= this.available;
    this.available = 0n;
  }

  #return(amount: bigint): void {
    const owed = amount < this.overdrawn ? amount : this.overdrawn;
    this.overdrawn -= owed;
    this.available += amount - owed;
  }

  /** What may still be taken, here and from PostgreSQL, as far as it is known. */
  remaining(): bigint {
    const elsewhere = this.balance ? this.balance.free : this.cap;
    const sum = this.available + (elsewhere > 0n ? elsewhere : 0n);
    return sum > 0n ? sum : 0n;
  }

  /** Money: spent for certain, in books and in calls that have ended here. */
  spent(): bigint {
    this.#trim();
    return (this.balance?.spent ?? 0n) + this.ended;
  }

  #trim(): void {
    const pending = this.pendingOf(this.name.scope);
    if (this.ended > pending) this.ended = pending;
  }

  /** Gives back what no call needs; the rest is what we still hold. */
  yield(): bigint {
    this.available = this.available < 0n ? this.available : 0n;
    return this.held();
  }
}

const maxOf = (one: bigint, other: bigint): bigint => (one > other ? one : other);
