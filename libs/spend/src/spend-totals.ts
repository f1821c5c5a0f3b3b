import { Injectable } from '@nestjs/common';
import { SpendConnection } from './spend-connection.js';
import { type WriteResult } from './spend-writer.js';

interface Shipped {
  picoUsd: bigint;
  readAtMs: number;
}

const READ_TOTAL = `SELECT spent_pico_usd FROM spend_totals WHERE scope = $1 AND window_start = '-infinity'`;

/** Other processes spend too: a total that no write of ours has refreshed is read again after this long. */
const FRESH_MS = 10_000;
const MAX_SCOPES = 100_000;

/**
 * What each scope has spent in all: `key:<hash>`, `user:<id>`, `team:<id>`, `end_user:<id>`. PostgreSQL's total, plus
 * what was closed in this process and is not in PostgreSQL yet.
 */
@Injectable()
export class SpendTotals {
  private readonly shipped = new Map<string, Shipped>();
  private readonly pending = new Map<string, bigint>();
  private readonly loading = new Map<string, Promise<bigint>>();

  constructor(private readonly connection: SpendConnection) {}

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

  /** A call has been closed; its row is on its way. */
  add(scope: string, picoUsd: bigint): void {
    if (picoUsd !== 0n) this.pending.set(scope, (this.pending.get(scope) ?? 0n) + picoUsd);
  }

  /** Rows have arrived in PostgreSQL; `isOurs` where {@link add} was told of them. */
  settle({ settled, totals }: WriteResult, isOurs: boolean): void {
    const readAtMs = performance.now();
    for (const [scope, picoUsd] of totals) this.shipped.set(scope, { picoUsd, readAtMs });
    if (isOurs) {
      for (const [scope, picoUsd] of settled) {
        const rest = (this.pending.get(scope) ?? 0n) - picoUsd;
        if (rest > 0n) this.pending.set(scope, rest);
        else this.pending.delete(scope);
      }
    }
    if (this.shipped.size > MAX_SCOPES) this.shipped.clear();
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
