import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnavailableError } from '@app/call';
import { type NotificationService } from '@app/database';
import { type Charge, type SpendTotals } from '@app/spend';
import { type Holder, type LeaseStore } from './lease-store.js';
import { Pool, type PoolName } from './pool.js';
import { Treasurer } from './treasurer.js';

const BEAT_MS = 5_000;
/** A process that has given no sign of life for so long is dead, as far as we were there to see. */
const DEAD_MS = 30_000;
/** Between two signs of life that are further apart we were not there. */
const GAP_MS = 3 * BEAT_MS;
const IDLE_MS = 60_000;
/** Who asked for something waits for about so long. */
const AWAITED_MS = 1_000;
/** So long a refusal waits for the books at most. */
const LATE_MS = 250;
const SWEEP_EVERY_BEATS = 720;
const CHANNEL = 'limits';

export interface LeaseParts {
  readonly store: LeaseStore;
  readonly totals: Pick<SpendTotals, 'pendingPicoUsd' | 'onAdopted' | 'onShipped' | 'onCharged' | 'settled'>;
  readonly notifications: Pick<NotificationService, 'listen' | 'pulse'>;
  /** Resolves when the tables are there. */
  readonly whenReady: () => Promise<void>;
}

interface Seen {
  readonly seenAt: string;
  readonly sinceMs: number;
}

/** Looks after what this process has in hand of every limit: fetches it, gives it back, and says that it lives. */
export class LeaseKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pools = new Map<string, Pool>();
  /** Those with an account in PostgreSQL, by its id. */
  readonly #byAccount = new Map<string, Pool>();
  readonly #treasurer: Treasurer;
  readonly #logger = new Logger('Limits');
  /** Pools that somebody has asked for and that still hold money in rows on their way. */
  readonly #awaited = new Map<Pool, number>();
  #others = new Map<string, Seen>();
  #lastBeatMs = 0;
  #beats = 0;
  #timer: NodeJS.Timeout | null = null;
  readonly #stopListening: (() => void)[] = [];

  constructor(private readonly parts: LeaseParts) {
    this.#treasurer = new Treasurer(parts.store);
  }

  /** Statements sent so far. */
  get statements(): number {
    return this.parts.store.statements;
  }

  /** Pools that are looked after. */
  get size(): number {
    return this.#pools.size;
  }

  /** Everything that is looked after. */
  pools(): Iterable<Pool> {
    return this.#pools.values();
  }

  pool(name: PoolName, cap: bigint): Pool {
    const key = `${name.kind} ${name.startsAtMs} ${name.endsAtMs} ${name.model ?? ''}\n${name.scope}`;
    let pool = this.#pools.get(key);
    if (!pool) {
      pool = new Pool(name, cap, (scope) => this.parts.totals.pendingPicoUsd(scope));
      this.#pools.set(key, pool);
    }
    return pool;
  }

  /** What is looked after of one scope: a walk over all pools, for pages and not for calls. */
  poolsOf(scope: string): Pool[] {
    return [...this.#pools.values()].filter(({ name }) => name.scope === scope);
  }

  /** @throws UnavailableError */
  async fill(pool: Pool, need: bigint, least: bigint): Promise<void> {
    await this.#treasurer.fill(pool, need, least);
    if (pool.balance && pool.name.kind === 'money') this.#byAccount.set(pool.balance.account, pool);
  }

  /** Resolves once the pool knows of every row that is on its way at this moment, or when that takes long. */
  async settled({ ended }: Pool): Promise<void> {
    if (ended === 0n) return;
    const over = new AbortController();
    const late = sleep(LATE_MS, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([this.parts.totals.settled(), late]);
    over.abort();
  }

  onApplicationBootstrap(): void {
    const { notifications, store } = this.parts;
    this.#stopListening.push(
      notifications.listen(CHANNEL, (accounts) => this.#giveBack(accounts)),
      notifications.pulse.ask(store.pulse((others) => void this.#quietly(() => this.#lookAfter(others)))),
    );
    this.parts.totals.onAdopted((estate, isDead) => void this.#adopted(estate, isDead));
    this.parts.totals.onCharged((charged, isOurs) => this.#charged(charged, isOurs));
    this.parts.totals.onShipped(() => this.#shipped());
    this.#timer = setInterval(() => {
      if (!notifications.pulse.isBeating) void this.beat();
    }, BEAT_MS).unref();
    void this.parts.whenReady().then(() => this.beat());
  }

  /** The books are closed by now: what is still in hand goes back, all of it if every row has arrived. */
  async beforeApplicationShutdown(): Promise<void> {
    this.abandon();
    const pools = [...this.#pools.values()];
    await this.#quietly(async () => {
      await this.#report(pools, (pool) => pool.yield());
      const isEmpty = pools.every((pool) => pool.held() <= 0n);
      if (isEmpty) await this.parts.store.retire();
    });
  }

  /** No more signs of life. */
  abandon(): void {
    if (this.#timer) clearInterval(this.#timer);
    for (const stop of this.#stopListening) stop();
  }

  /** One sign of life, and what is due with it. */
  async beat(): Promise<void> {
    const { store } = this.parts;
    await this.#quietly(async () => {
      await this.#treasurer.alone(() => store.beat());
      await this.#lookAfter(await store.others());
    });
  }

  /** What is due after a sign of life. */
  async #lookAfter(others: readonly Holder[]): Promise<void> {
    await this.#reclaim(others);
    await this.#tidy();
    this.#beats += 1;
    if (this.#beats % SWEEP_EVERY_BEATS === 0) await this.parts.store.sweep();
  }

  /** Only who was watching all the time may say that somebody else is dead. */
  async #reclaim(holders: readonly Holder[]): Promise<void> {
    const nowMs = performance.now();
    const watched = nowMs - this.#lastBeatMs < GAP_MS ? this.#others : new Map<string, Seen>();
    this.#lastBeatMs = nowMs;
    this.#others = new Map(
      holders.map(({ name, seenAt }) => {
        const before = watched.get(name);
        return [name, before?.seenAt === seenAt ? before : { seenAt, sinceMs: nowMs }];
      }),
    );
    for (const [name, { sinceMs }] of this.#others) {
      const silentMs = nowMs - sinceMs;
      if (silentMs >= DEAD_MS) await this.parts.store.reclaim(name, silentMs / 1_000);
    }
  }

  /** What has not been used for a minute, and windows that are over, go back; the rest is told as it is. */
  async #tidy(): Promise<void> {
    const nowMs = performance.now();
    const wallMs = Date.now();
    const changed: Pool[] = [];
    for (const [key, pool] of this.#pools) {
      const used = pool.usedAtMs;
      const isIdle = nowMs - used > IDLE_MS;
      const isOver = wallMs >= pool.name.endsAtMs;
      pool.refresh(nowMs);
      pool.usedAtMs = used;
      const held = isIdle || isOver ? pool.yield() : pool.held();
      if (held !== pool.reported) changed.push(pool);
      else if (isIdle && held <= 0n) {
        pool.isDropped = true;
        if (pool.balance) this.#byAccount.delete(pool.balance.account);
        this.#pools.delete(key);
      }
    }
    await this.#report(changed, (pool) => pool.held());
  }

  /** Somebody lacks what we do not need at this moment. */
  #giveBack(accounts: string): void {
    const asked = new Set(accounts.split(','));
    const pools = [...this.#pools.values()].filter(({ balance }) => balance && asked.has(balance.account));
    for (const pool of pools) this.#awaited.set(pool, performance.now() + AWAITED_MS);
    if (pools.length > 0) void this.#quietly(() => this.#report(pools, (pool) => pool.yield()));
  }

  #charged(charged: ReadonlyMap<string, Charge>, isOurs: boolean): void {
    const nowMs = performance.now();
    for (const [account, charge] of charged) this.#byAccount.get(account)?.charge(charge, isOurs, nowMs);
  }

  /** Rows have arrived: who waits for what they cost to be counted once learns it now. */
  #shipped(): void {
    if (this.#awaited.size === 0) return;
    const nowMs = performance.now();
    for (const [pool, untilMs] of this.#awaited) if (nowMs > untilMs) this.#awaited.delete(pool);
    const pools = [...this.#awaited.keys()];
    void this.#quietly(() => this.#report(pools, (pool) => pool.yield()));
  }

  #report(pools: readonly Pool[], heldOf: (pool: Pool) => bigint): Promise<void> {
    return this.#treasurer.alone(async () => {
      const reports = pools.flatMap((pool) => {
        pool.refresh(performance.now());
        if (!pool.balance) return [];
        const held = heldOf(pool);
        const unsettled = pool.ended > 0n;
        if (!unsettled) this.#awaited.delete(pool);
        return [{ account: pool.balance.account, held: held > 0n ? held : 0n, unsettled, pool }];
      });
      if (reports.length === 0) return;
      await this.parts.store.report(reports);
      for (const { pool, held } of reports) pool.reported = held;
    });
  }

  async #adopted(estate: string, isDead: boolean): Promise<void> {
    const { store } = this.parts;
    await this.#quietly(async () => {
      for (const name of await store.adopted(estate)) if (isDead) await store.reclaim(name, 0);
    });
  }

  async #quietly(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // It is tried again with the next sign of life; meanwhile others believe that we hold more than we do.
      if (!(error instanceof UnavailableError)) this.#logger.error('The leases cannot be kept', error);
    }
  }
}
