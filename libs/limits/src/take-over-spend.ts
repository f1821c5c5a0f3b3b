import { windowAt } from '@app/users';

/** What somebody has spent of the running window of a budget before this gateway counted. */
export interface SpentBefore {
  /** `team_member:<team>:<user>`, `organization:<id>`, … */
  readonly scope: string;
  readonly picoUsd: bigint;
  /** Null: the budget never begins anew. */
  readonly duration: string | null;
  /** When one of its windows began. */
  readonly startsAt: Date;
}

type Query = <Row>(sql: string, values: unknown[]) => Promise<Row[]>;

const ASKS =
  'jsonb_to_recordset($1::jsonb) AS ask(s text, m text, k text, b timestamptz, e timestamptz, spent numeric)';
const IS_OF = `account.scope = ask.s AND account.model = ask.m AND account.kind = ask.k AND account.starts_at = ask.b AND account.ends_at = ask.e`;

const LACKING = `SELECT ask.s AS scope FROM ${ASKS} LEFT JOIN limit_accounts AS account ON ${IS_OF}
  WHERE coalesce(account.spent, 0) < ask.spent`;

const RAISE = `UPDATE limit_accounts AS account SET spent = ask.spent FROM ${ASKS}
  WHERE ${IS_OF} AND account.spent < ask.spent`;

/** The scopes of those whose accounts know of less. */
export async function spendLacking(
  query: Query,
  spent: readonly SpentBefore[],
  now: Date,
): Promise<string[]> {
  const rows = await query<{ scope: string }>(LACKING, [asksOf(spent, now)]);
  return rows.map(({ scope }) => scope);
}

/**
 * Opens the accounts of these budgets with what was spent before, which their rows would not tell: totals are kept by the
 * hour, and of keys, users, teams and end users alone. An account that knows of more is left as it is.
 */
export async function takeOverSpend(query: Query, spent: readonly SpentBefore[], now: Date): Promise<void> {
  const asks = asksOf(spent, now);
  await query('SELECT limit_open($1)', [asks]);
  await query(RAISE, [asks]);
}

/** Windows as the meters of calls have them, in whole seconds. */
function asksOf(spent: readonly SpentBefore[], now: Date): string {
  const asks = spent.map(({ scope, picoUsd, duration, startsAt }) => {
    const startsAtMs = Math.floor(startsAt.getTime() / 1_000) * 1_000;
    const window = duration === null ? null : windowAt({ duration, startsAtMs }, now.getTime());
    const isEndless = window === null || window.endsAtMs === Number.POSITIVE_INFINITY;
    return {
      s: scope,
      m: '',
      k: 'money',
      b: isEndless ? '-infinity' : new Date(window.startsAtMs).toISOString(),
      e: isEndless ? 'infinity' : new Date(window.endsAtMs).toISOString(),
      spent: String(picoUsd),
    };
  });
  return JSON.stringify(asks);
}
