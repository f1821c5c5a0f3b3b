/** Two tables that tell the same money: `SELECT rows, spent, differences, unexplained`, amounts in pico-dollars. */
export interface BookCheck {
  readonly name: string;
  readonly sql: string;
}

/** Rows older than the retention period are gone, their daily totals are kept: only days with rows are compared. */
const FIRST_DAY = `(SELECT coalesce(min(to_date(right(child.relname, 8), 'YYYYMMDD')), '-infinity'::date)
  FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid WHERE inhparent = 'spend_logs'::regclass)`;

const DAY = `(started_at AT TIME ZONE 'UTC')::date`;
const CODES = ['key_code', 'user_code', 'team_code', 'model_code', 'provider_code', 'route_code'];

/** Hourly totals of finished days that are surely kept. */
const HOURS_KEPT = `now() - interval '60 days'`;

function compared(one: string, other: string, by: readonly string[]): string {
  return `WITH one AS (${one}), other AS (${other})
SELECT coalesce(sum(one.n), 0)::text AS rows, coalesce(sum(one.spent), 0)::text AS spent,
  count(*) FILTER (WHERE one.n IS DISTINCT FROM other.n OR one.spent IS DISTINCT FROM other.spent)::int AS differences,
  coalesce(sum(abs(coalesce(one.spent, 0) - coalesce(other.spent, 0))), 0)::text AS unexplained
FROM one FULL JOIN other USING (${by.join(', ')})`;
}

const labels = (kind: string, each: string): BookCheck => ({
  name: `rows = daily ${kind}s`,
  sql: compared(
    `SELECT ${DAY} AS day, label, count(*) AS n, sum(cost_pico_usd)::numeric AS spent
     FROM spend_logs CROSS JOIN LATERAL ${each} AS named(label) GROUP BY 1, 2`,
    `SELECT day, label, requests AS n, cost_pico_usd AS spent FROM spend_daily_labels
     WHERE kind = '${kind}' AND day >= ${FIRST_DAY} AND requests <> 0`,
    ['day', 'label'],
  ),
});

/** Rows stay with the credential that a call was made with, totals go with the key. */
const SUCCESSORS = 'LEFT JOIN key_successors AS successor ON successor.hash';

const KEYS: BookCheck = {
  name: 'daily = key totals',
  sql: compared(
    `SELECT 'key:' || coalesce(successor.active_hash, word) AS scope, sum(requests)::int8 AS n, sum(cost_pico_usd) AS spent
     FROM spend_daily JOIN spend_words ON code = key_code ${SUCCESSORS} = word GROUP BY 1`,
    `SELECT coalesce('key:' || successor.active_hash, scope) AS scope, sum(requests)::int8 AS n, sum(spent_pico_usd) AS spent
     FROM spend_totals ${SUCCESSORS} = substr(scope, 5) WHERE window_start = '-infinity' AND scope LIKE 'key:%' GROUP BY 1`,
    ['scope'],
  ),
};

const TOTALS = ['user', 'team'].map((kind): BookCheck => ({
  name: `daily = ${kind} totals`,
  sql: compared(
    `SELECT '${kind}:' || word AS scope, sum(requests)::int8 AS n, sum(cost_pico_usd) AS spent
     FROM spend_daily JOIN spend_words ON code = ${kind}_code GROUP BY 1`,
    `SELECT scope, requests AS n, spent_pico_usd AS spent FROM spend_totals
     WHERE window_start = '-infinity' AND scope LIKE '${kind}:%'`,
    ['scope'],
  ),
}));

const END_USERS: BookCheck = {
  name: 'daily = end user totals',
  sql: compared(
    `SELECT 'end_user:' || label AS scope, sum(requests)::int8 AS n, sum(cost_pico_usd) AS spent
     FROM spend_daily_labels WHERE kind = 'end_user' GROUP BY 1`,
    `SELECT scope, requests AS n, spent_pico_usd AS spent FROM spend_totals
     WHERE window_start = '-infinity' AND scope LIKE 'end_user:%'`,
    ['scope'],
  ),
};

const HOURS: BookCheck = {
  name: 'daily = hourly totals',
  sql: compared(
    `SELECT day, sum(requests)::int8 AS n, sum(cost_pico_usd) AS spent FROM spend_daily
     WHERE day > (${HOURS_KEPT})::date AND requests <> 0 GROUP BY 1`,
    `SELECT (window_start AT TIME ZONE 'UTC')::date AS day, sum(requests)::int8 AS n, sum(spent_pico_usd) AS spent
     FROM spend_totals WHERE window_start >= ((${HOURS_KEPT})::date + 1)::timestamp AT TIME ZONE 'UTC'
       AND scope LIKE 'key:%' GROUP BY 1 HAVING sum(requests) <> 0`,
    ['day'],
  ),
};

/** Each book against the next, so that money that is missing anywhere shows. */
export const BOOK_CHECKS: readonly BookCheck[] = [
  {
    name: 'rows = daily',
    sql: compared(
      `SELECT ${DAY} AS day, ${CODES.map((code) => `coalesce(${code}, 0) AS ${code}`).join(', ')},
         count(*) AS n, sum(cost_pico_usd)::numeric AS spent FROM spend_logs GROUP BY ${[1, ...CODES.map((_, index) => index + 2)].join(', ')}`,
      `SELECT day, ${CODES.join(', ')}, sum(requests)::int8 AS n, sum(cost_pico_usd) AS spent FROM spend_daily
       WHERE day >= ${FIRST_DAY} AND requests <> 0 GROUP BY ${[1, ...CODES.map((_, index) => index + 2)].join(', ')}`,
      ['day', ...CODES],
    ),
  },
  labels('tag', 'unnest(tags)'),
  labels('end_user', '(SELECT end_user WHERE end_user IS NOT NULL)'),
  KEYS,
  ...TOTALS,
  END_USERS,
  HOURS,
];

/** Rows of the journal, `$1`: `[{id, at, cost}]`; those that PostgreSQL lacks or knows at another price. */
export const MISSING_ROWS = `SELECT given.id, given.cost, log.cost_pico_usd::text AS booked
  FROM json_to_recordset($1::json) AS given(id uuid, at int8, cost text)
  LEFT JOIN spend_logs AS log ON log.id = given.id AND log.started_at = to_timestamp(given.at / 1000.0::float8)
  WHERE log.id IS NULL OR log.cost_pico_usd::text <> given.cost`;

export const DEAD_LETTERS = 'SELECT row_text FROM spend_dead_letters';
