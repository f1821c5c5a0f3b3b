import { pause } from '../harness.ts';

export interface Booked {
  readonly response_id: string | null;
  readonly times: number;
}

/** Reads `spend_logs`, one entry a response id. */
export const BOOKED = 'SELECT response_id, count(*)::int AS times FROM spend_logs GROUP BY 1';

export interface Comparison {
  /** Complete answers without a row. */
  readonly missing: number;
  /** Rows beyond the first of one answer. */
  readonly twice: number;
  readonly waitedMs: number;
}

/** Compares what clients saw with what is booked, once everything has arrived or the patience ends. */
export async function compare(
  seen: readonly string[],
  read: () => Promise<readonly Booked[]>,
  patienceMs: number,
): Promise<Comparison> {
  const startedAt = performance.now();
  for (;;) {
    const rows = await read().catch(() => []);
    const booked = new Map(rows.map(({ response_id: id, times }) => [id ?? '', times]));
    const missing = seen.filter((id) => !booked.has(id)).length;
    const twice = seen.reduce((sum, id) => sum + Math.max(0, (booked.get(id) ?? 1) - 1), 0);
    const waitedMs = Math.round(performance.now() - startedAt);
    if (missing === 0 || waitedMs > patienceMs) return { missing, twice, waitedMs };
    await pause(300);
  }
}

/** How many of `expected` calls have no row yet when all have arrived or the patience ends. */
export async function rowsMissing(
  query: (sql: string) => Promise<readonly { readonly count?: number }[]>,
  expected: number,
  patienceMs: number,
): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const [row] = await query('SELECT count(*)::int AS count FROM spend_logs').catch(() => []);
    const missing = expected - (row?.count ?? 0);
    if (missing <= 0 || performance.now() - startedAt > patienceMs) return Math.max(0, missing);
    await pause(300);
  }
}
