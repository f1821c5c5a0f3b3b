type Query = <Row>(sql: string, values: unknown[]) => Promise<Row[]>;

/** Until the end of the transaction no row is added to the totals. */
const HOLD_BOOKS = 'LOCK TABLE spend_totals IN SHARE ROW EXCLUSIVE MODE';

const SPENT = `SELECT spent_pico_usd::text AS spent FROM spend_totals WHERE scope = $1 AND window_start = '-infinity'`;

/** What is kept stands in the newest hours, so that a window that began since then tells it too. */
const CREDIT = `WITH kept AS (
  SELECT window_start, spent_pico_usd, CASE WHEN window_start = '-infinity' THEN $2::numeric
    ELSE greatest(0, least(spent_pico_usd, $2::numeric - (sum(spent_pico_usd) OVER newer - spent_pico_usd))) END AS kept
  FROM spend_totals WHERE scope = $1
  WINDOW newer AS (PARTITION BY window_start = '-infinity' ORDER BY window_start DESC)
), credited AS (
  UPDATE spend_totals AS total SET spent_pico_usd = kept.kept FROM kept
  WHERE total.scope = $1 AND total.window_start = kept.window_start AND kept.kept < kept.spent_pico_usd
  RETURNING total.window_start, kept.spent_pico_usd - kept.kept AS credit
)
INSERT INTO spend_credits AS old (scope, window_start, credited_pico_usd)
SELECT $1, window_start, credit FROM credited ORDER BY window_start
ON CONFLICT (scope, window_start) DO UPDATE SET credited_pico_usd = old.credited_pico_usd + excluded.credited_pico_usd`;

/** Budgets of single models are counted for themselves and stay. Locked in the order in which rows lock them. */
const CHARGE_LESS = `WITH locked AS MATERIALIZED (
  SELECT id FROM limit_accounts
  WHERE scope = $1 AND model = '' AND kind = 'money' AND ends_at > now() AND spent > $2::numeric ORDER BY id FOR UPDATE
)
UPDATE limit_accounts SET spent = $2::numeric WHERE id IN (SELECT id FROM locked)`;

/**
 * What a scope has spent by now, in pico-dollars. Nothing is added to it until the transaction of `query` ends, in which
 * this is called.
 */
export async function heldSpend(query: Query, scope: string): Promise<bigint> {
  await query(HOLD_BOOKS, []);
  const [row] = await query<{ spent: string }>(SPENT, [scope]);
  return BigInt(row?.spent ?? 0);
}

/**
 * Lets a scope off all it has spent but `keptPicoUsd`, in its totals and in its running budgets; what it was let off
 * is noted beside them. After {@link heldSpend}, in the same transaction.
 */
export async function creditSpend(query: Query, scope: string, keptPicoUsd: bigint): Promise<void> {
  const values = [scope, String(keptPicoUsd)];
  await query(CREDIT, values);
  await query(CHARGE_LESS, values);
}
