import { Injectable } from '@nestjs/common';
import { SpendConnection } from './spend-connection.js';
import { type Charge, type WriteResult } from './spend-writer.js';

interface Shipped {
  picoUsd: bigint;
  readAtMs: number;
}

const READ_TOTAL = `SELECT spent_pico_usd FROM spend_totals WHERE scope = $1 AND window_start = '-infinity'`;

/** Other processes spend too: a total that no write of ours has refreshed is read again after this long. */
const FRESH_MS = 10_000;
const MAX_SCOPES = 100_000;
const KEY_SCOPE = 'key:';
const COUNTED_SCOPE = /^(?:key|user|team|end_user):/;

/** Whether there are totals of this scope: what is pending of it is known exactly. */
export const isTotalled = (scope: string): boolean => COUNTED_SCOPE.test(scope);

/** Of each account what rows have just charged to it; `isOurs` where the calls were closed in this process. */
export type ChargeListener = (charged: ReadonlyMap<string, Charge>, isOurs: boolean) => void;
type AdoptionListener = (estate: string, isDead: boolean) => void;

/**
 * What each scope has spent in all: `key:<hash>`, `user:<id>`, `team:<id>`, `end_user:<id>`. PostgreSQL's total, plus
 * what was closed in this process and is not in PostgreSQL yet.
 */
@Injectable()
export class SpendTotals {
  private readonly shipped = new Map<string, Shipped>();
  private readonly pending = new Map<string, bigint>();
  private readonly loading = new Map<string, Promise<bigint>>();

  private readonly adoptions = new Set<AdoptionListener>();
  private readonly arrivals = new Set<() => void>();
  private readonly charges = new Set<ChargeListener>();
  /** What has been closed here in all and is not in PostgreSQL yet, by whomever. */
  private unshippedPicoUsd = 0n;

  /** @param estate names this process in the journal's directory; null without a journal */
  constructor(
    private readonly connection: SpendConnection,
    readonly estate: string | null = null,
  ) {}

  /**
   * An upper bound of what `scope` has spent in calls that were closed in this process and whose rows are not in
   * PostgreSQL yet: exact for keys, users, teams and end users, for others what everybody has spent.
   */
  pendingPicoUsd(scope: string): bigint {
    return isTotalled(scope) ? (this.pending.get(scope) ?? 0n) : this.unshippedPicoUsd;
  }

  /** Called when all that a dead process had in its journal is in PostgreSQL. */
  onAdopted(listener: AdoptionListener): void {
    this.adoptions.add(listener);
  }

  /** Called each time rows of this process have arrived in PostgreSQL. */
  onShipped(listener: () => void): void {
    this.arrivals.add(listener);
  }

  /** Called with what rows that this process has written charge to budgets, before {@link onShipped}. */
  onCharged(listener: ChargeListener): void {
    this.charges.add(listener);
  }

  /** Resolves once everybody has been told of the rows that are being written at this moment; at once without PostgreSQL. */
  async settled(): Promise<void> {
    if (!this.connection.isReachable) return;
    await this.connection.run(() => Promise.resolve()).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** @param isDead known for certain; else the process may only have been silent for long */
  adopted(estate: string, isDead: boolean): void {
    for (const listener of this.adoptions) listener(estate, isDead);
  }

  /**
   * Pico-dollars; at once when the scope is known.
   * @throws UnavailableError (as a rejection) when it is not and the database is away
   */
  spentPicoUsd(scope: string): bigint | Promise<bigint> {
    const known = this.shipped.get(scope);
    if (!known) return this.load(scope);
    if (performance.now() - known.readAtMs > FRESH_MS) this.load(scope).catch(() => undefined);
    return known.picoUsd + (this.pending.get(scope) ?? 0n);
  }

  /** What is known of a scope without asking for news; null until it has been read once, which this begins. */
  peek(scope: string): bigint | null {
    const known = this.shipped.get(scope);
    if (known) return known.picoUsd + (this.pending.get(scope) ?? 0n);
    this.load(scope).catch(() => undefined);
    return null;
  }

  /** The total was changed by other means than a row. @throws UnavailableError */
  async reload(scope: string): Promise<void> {
    await this.read(scope);
  }

  /** A call has been closed; its row is on its way. */
  add(scope: string, picoUsd: bigint): void {
    if (picoUsd === 0n) return;
    this.pending.set(scope, (this.pending.get(scope) ?? 0n) + picoUsd);
    if (scope.startsWith(KEY_SCOPE)) this.unshippedPicoUsd += picoUsd;
  }

  /** Rows have arrived in PostgreSQL; `isOurs` where {@link add} was told of them. */
  settle({ settled, totals, charged }: WriteResult, isOurs: boolean): void {
    const readAtMs = performance.now();
    for (const [scope, picoUsd] of totals) this.shipped.set(scope, { picoUsd, readAtMs });
    if (isOurs) {
      for (const [scope, picoUsd] of settled) {
        const before = this.pending.get(scope) ?? 0n;
        const rest = before - picoUsd;
        if (scope.startsWith(KEY_SCOPE)) this.unshippedPicoUsd -= rest > 0n ? picoUsd : before;
        if (rest > 0n) this.pending.set(scope, rest);
        else this.pending.delete(scope);
      }
    }
    if (this.shipped.size > MAX_SCOPES) this.shipped.clear();
    if (charged.size > 0) for (const listener of this.charges) listener(charged, isOurs);
    if (isOurs) for (const listener of this.arrivals) listener();
  }

  private load(scope: string): Promise<bigint> {
    const running = this.loading.get(scope);
    if (running) return running;
    const load = this.read(scope).finally(() => this.loading.delete(scope));
    this.loading.set(scope, load);
    return load;
  }

  /** On the connection that writes: no slice is half-way, so nothing is counted twice or left out. */
  private async read(scope: string): Promise<bigint> {
    return this.connection.run(async (client) => {
      const { rows } = await client.query<{ spent_pico_usd: string }>(READ_TOTAL, [scope]);
      const picoUsd = BigInt(rows[0]?.spent_pico_usd ?? 0);
      this.shipped.set(scope, { picoUsd, readAtMs: performance.now() });
      return picoUsd + (this.pending.get(scope) ?? 0n);
    });
  }
}
