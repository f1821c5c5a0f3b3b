import { setTimeout as sleep } from 'node:timers/promises';
import { UnavailableError } from '@app/call';
import { type Answer, type LeaseStore } from './lease-store.js';
import { type Pool } from './pool.js';

/** How long those who hold what is missing may take to give it back, and how often we look. */
const RECALL_MS = 800;
const RECALL_STEP_MS = 15;
/** After a failure nobody waits for the database for so long. */
const REST_MS = 500;

interface Asked {
  readonly atMs: number;
  readonly least: bigint;
  readonly held: bigint;
  /** Money in rows that had not arrived when we asked. */
  readonly ended: bigint;
}

interface Want {
  need: bigint;
  least: bigint;
  readonly waiters: { resolve: () => void; reject: (error: unknown) => void }[];
  since: string | null;
  waitsSinceMs: number | null;
  /** The next answer cannot be another one before some time has passed. */
  isPatient: boolean;
}

/** Fetches leases: one statement at a time, for everybody who waits by then. */
export class Treasurer {
  readonly #wants = new Map<Pool, Want>();
  #running: Promise<void> | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #awayUntilMs = 0;
  /** Processes that took part when PostgreSQL was asked last. */
  #live = 1;

  constructor(private readonly store: LeaseStore) {}

  /**
   * Resolves when the pool has been filled, or it is certain that it cannot be now.
   * @throws UnavailableError when there is no telling, because the database is away
   */
  fill(pool: Pool, need: bigint, least: bigint): Promise<void> {
    if (performance.now() < this.#awayUntilMs) return this.#withoutDatabase(pool);
    const want = this.#wants.get(pool) ?? {
      need: 0n,
      least,
      waiters: [],
      since: null,
      waitsSinceMs: null,
      isPatient: false,
    };
    want.need += need;
    if (least < want.least) want.least = least;
    this.#wants.set(pool, want);
    this.#running ??= this.#run();
    return new Promise((resolve, reject) => want.waiters.push({ resolve, reject }));
  }

  /** Work with leases that must not run beside a request for more. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #run(): Promise<void> {
    // Calls of the same turn of the event loop share the statement.
    await Promise.resolve();
    while (this.#wants.size > 0) {
      const round = [...this.#wants];
      this.#wants.clear();
      await this.alone(() => this.#ask(round));
      if (this.#wants.size > 0 && [...this.#wants.values()].every(({ isPatient }) => isPatient)) {
        await sleep(RECALL_STEP_MS);
      }
    }
    this.#running = null;
  }

  async #ask(round: readonly (readonly [Pool, Want])[]): Promise<void> {
    try {
      const unopened = round.filter(([pool]) => pool.balance === null);
      if (unopened.length > 0) await this.store.open(unopened.map(([pool]) => pool.name));
      const atMs = performance.now();
      const asks = round.map(([pool, want]) => ({
        atMs,
        name: pool.name,
        cap: pool.cap,
        need: positive(want.need - positive(pool.available)),
        least: atLeastOne(want.least - pool.available),
        held: pool.held(),
        ended: pool.ended,
        since: want.since,
      }));
      const answers = await this.store.take(asks);
      round.forEach(([pool, want], index) =>
        this.#hear(pool, want, { ask: asks[index] as Asked, answer: answers[index] }),
      );
    } catch (error) {
      const isAway = error instanceof UnavailableError;
      if (isAway) this.#awayUntilMs = performance.now() + REST_MS;
      for (const [pool, { waiters }] of round) {
        for (const { resolve, reject } of waiters) {
          if (isAway) this.#withoutDatabase(pool).then(resolve, reject);
          else reject(error);
        }
      }
    }
  }

  #hear(pool: Pool, want: Want, heard: { ask: Asked; answer: Answer | undefined }): void {
    const { ask, answer } = heard;
    const nowMs = performance.now();
    if (!answer?.balance) {
      // Somebody has swept the account: it is opened again.
      pool.balance = null;
      this.#again(pool, want);
      return;
    }
    pool.grant(answer.balance, ask.atMs);
    pool.reported = ask.held + answer.balance.granted;
    this.#live = answer.balance.live;
    if (want.since === null && want.waitsSinceMs === null) want.waitsSinceMs = nowMs;
    const { granted, free, others } = answer.balance;
    if (granted === 0n && nowMs - (want.waitsSinceMs ?? nowMs) < RECALL_MS) {
      // Our own rows that arrived meanwhile stood in the books and in our hands at once.
      const isUnclear = ask.ended > 0n && free + others + ask.ended >= ask.least;
      if (answer.waits || isUnclear) {
        want.since = answer.waits ? answer.askedAt : want.since;
        want.isPatient = true;
        this.#again(pool, want);
        return;
      }
    }
    if (granted === 0n) pool.noteShortage(nowMs);
    for (const { resolve } of want.waiters) resolve();
  }

  #again(pool: Pool, want: Want): void {
    const newer = this.#wants.get(pool);
    if (newer) {
      want.need += newer.need;
      if (newer.least < want.least) want.least = newer.least;
      want.waiters.push(...newer.waiters);
    }
    this.#wants.set(pool, want);
  }

  /** Rates live on an equal share of the limit; money only on what is in hand. */
  #withoutDatabase(pool: Pool): Promise<void> {
    if (pool.name.kind === 'money') {
      return Promise.reject(
        new UnavailableError(
          'The budget cannot be checked now because the database is not available. Try again shortly.',
        ),
      );
    }
    const share = pool.cap / BigInt(this.#live) - pool.held();
    if (share > 0n) pool.available += share;
    else pool.noteShortage(performance.now());
    return Promise.resolve();
  }
}

const positive = (amount: bigint): bigint => (amount > 0n ? amount : 0n);
const atLeastOne = (amount: bigint): bigint => (amount > 1n ? amount : 1n);
