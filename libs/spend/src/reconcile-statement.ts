/** Two tables that tell the same money: `SELECT rows, spent, differences, unexplained`, amounts in pico-dollars. */
export interface BookCheck {
  readonly name: string;
  readonly sql: string;
}

const CODES = ['key_code', 'user_code', 'team_code', 'model_code', 'provider_code', 'route_code'].join(', ');

/** Hourly totals of finished days that are surely kept. */
const HOURS_KEPT = `now() - interval '60 days'`;

function compared(one: string, other: string, by: string): string {
  return `WITH one AS (${one}), other AS (${other}) SELECT ${sumsOf('one', 'other', by)}`;
}

/** `one` and `other` tell `n` rows and what was `spent`, an entry for each value of `by`. */
function sumsOf(one: string, other: string, by: string): string {
  return `coalesce(sum(${one}.n), 0)::text AS rows, coalesce(sum(${one}.spent), 0)::text AS spent,
  count(*) FILTER (WHERE ${one}.n IS DISTINCT FROM ${other}.n OR ${one}.spent IS DISTINCT FROM ${other}.spent)::int AS differences,
  coalesce(sum(abs(coalesce(${one}.spent, 0) - coalesce(${other}.spent, 0))), 0)::text AS unexplained
FROM ${one} FULL JOIN ${other} USING (${by})`;
}

/** Rows older than the retention period are gone, their daily totals are kept: only days with rows are compared. */
export const DAYS_WITH_ROWS = `WITH part AS (
  SELECT to_date(right(child.relname, 8), 'YYYYMMDD') AS day
  FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid WHERE inhparent = 'spend_logs'::regclass
), first AS (SELECT coalesce(min(day), '-infinity'::date) AS day FROM part)
SELECT day::text AS day FROM (
  SELECT day FROM part UNION SELECT day FROM spend_daily WHERE day >= (SELECT day FROM first)
    UNION SELECT day FROM spend_daily_labels WHERE day >= (SELECT day FROM first)
) AS known ORDER BY 1`;

const labels = (kind: string, table: string): string => `${table} AS (
  SELECT label, requests AS n, cost_pico_usd AS spent FROM spend_daily_labels
  WHERE day = $1::date AND kind = '${kind}' AND requests <> 0
)`;

const COUNTED = 'sum(n)::int8 AS n, sum(spent) AS spent';

/**
 * The rows of the day `$1` (`2026-01-31`, UTC) against its totals: one look at each row, a line with its `name` for each
 * of {@link DAY_CHECKS}.
 */
export const CHECK_DAY = `WITH grouped AS MATERIALIZED (
  SELECT ${CODES}, end_user, tags, count(*) AS n, sum(cost_pico_usd) AS spent FROM spend_logs
  WHERE started_at >= $1::date::timestamp AT TIME ZONE 'UTC'
    AND started_at < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'
  GROUP BY ${CODES}, end_user, tags
), called AS (
  SELECT ${CODES.replace(/\w+/g, 'coalesce($&, 0) AS $&')}, ${COUNTED} FROM grouped
  GROUP BY ${CODES.replace(/\w+/g, 'coalesce($&, 0)')}
), daily AS (
  SELECT ${CODES}, sum(requests)::int8 AS n, sum(cost_pico_usd) AS spent FROM spend_daily
  WHERE day = $1::date AND requests <> 0 GROUP BY ${CODES}
), tagged AS (
  SELECT label, ${COUNTED} FROM grouped CROSS JOIN LATERAL unnest(tags) AS named(label) GROUP BY 1
), ${labels('tag', 'daily_tags')}, served AS (
  SELECT end_user AS label, ${COUNTED} FROM grouped WHERE end_user IS NOT NULL GROUP BY 1
), ${labels('end_user', 'daily_end_users')}
SELECT 'rows = daily' AS name, ${sumsOf('called', 'daily', CODES)}
UNION ALL SELECT 'rows = daily tags', ${sumsOf('tagged', 'daily_tags', 'label')}
UNION ALL SELECT 'rows = daily end_users', ${sumsOf('served', 'daily_end_users', 'label')}`;

/** In the order in which they are told. */
export const DAY_CHECKS: readonly string[] = ['rows = daily', 'rows = daily tags', 'rows = daily end_users'];

/** Rows stay with the credential that a call was made with, totals go with the key. */
const SUCCESSORS = 'LEFT JOIN key_successors AS successor ON successor.hash';

/** The totals of keys, with what they were let off. */
const withCredits = (when: string): string =>
  `SELECT scope, window_start, requests, spent_pico_usd AS spent FROM spend_totals WHERE ${when} AND scope LIKE 'key:%'
   UNION ALL SELECT scope, window_start, 0, credited_pico_usd FROM spend_credits WHERE ${when} AND scope LIKE 'key:%'`;

const KEYS: BookCheck = {
  name: 'daily = key totals',
  sql: compared(
    `SELECT 'key:' || coalesce(successor.active_hash, word) AS scope, sum(requests)::int8 AS n, sum(cost_pico_usd) AS spent
     FROM spend_daily JOIN spend_words ON code = key_code ${SUCCESSORS} = word GROUP BY 1`,
    `SELECT coalesce('key:' || successor.active_hash, scope) AS scope, sum(requests)::int8 AS n, sum(spent) AS spent
     FROM (${withCredits(`window_start = '-infinity'`)}) AS total ${SUCCESSORS} = substr(scope, 5) GROUP BY 1`,
    'scope',
  ),
};

const TOTALS = ['user', 'team'].map((kind): BookCheck => ({
  name: `daily = ${kind} totals`,
  sql: compared(
    `SELECT '${kind}:' || word AS scope, sum(requests)::int8 AS n, sum(cost_pico_usd) AS spent
     FROM spend_daily JOIN spend_words ON code = ${kind}_code GROUP BY 1`,
    `SELECT scope, requests AS n, spent_pico_usd AS spent FROM spend_totals
     WHERE window_start = '-infinity' AND scope LIKE '${kind}:%'`,
    'scope',
  ),
}));

const END_USERS: BookCheck = {
  name: 'daily = end user totals',
  sql: compared(
    `SELECT 'end_user:' || label AS scope, sum(requests)::int8 AS n, sum(cost_pico_usd) AS spent
     FROM spend_daily_labels WHERE kind = 'end_user' GROUP BY 1`,
    `SELECT scope, requests AS n, spent_pico_usd AS spent FROM spend_totals
     WHERE window_start = '-infinity' AND scope LIKE 'end_user:%'`,
    'scope',
  ),
};

const HOURS: BookCheck = {
  name: 'daily = hourly totals',
  sql: compared(
    `SELECT day, sum(requests)::int8 AS n, sum(cost_pico_usd) AS spent FROM spend_daily
     WHERE day > (${HOURS_KEPT})::date AND requests <> 0 GROUP BY 1`,
    `SELECT (window_start AT TIME ZONE 'UTC')::date AS day, sum(requests)::int8 AS n, sum(spent) AS spent
     FROM (${withCredits(`window_start >= ((${HOURS_KEPT})::date + 1)::timestamp AT TIME ZONE 'UTC'`)}) AS total
     GROUP BY 1 HAVING sum(requests) <> 0`,
    'day',
  ),
};

/** Each total against the next, so that money that is missing anywhere shows. */
export const TOTAL_CHECKS: readonly BookCheck[] = [KEYS, ...TOTALS, END_USERS, HOURS];

/** Rows of the journal, `$1`: `[{id, at, cost}]`; those that PostgreSQL lacks or knows at another price. */
export const MISSING_ROWS = `SELECT given.id, given.cost, log.cost_pico_usd::text AS booked
  FROM json_to_recordset($1::json) AS given(id uuid, at int8, cost text)
  LEFT JOIN spend_logs AS log ON log.id = given.id AND log.started_at = to_timestamp(given.at / 1000.0::float8)
  WHERE log.id IS NULL OR log.cost_pico_usd::text <> given.cost`;

export const DEAD_LETTERS = 'SELECT row_text FROM spend_dead_letters';
