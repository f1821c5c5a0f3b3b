/** The columns of the journal's rows, as `call-lines.ts` names them; what a row leaves out is null. */
const ROW = `id uuid, at int8, k int4, r int4, d int4, call text, resp text, asked text, eu text, ip text, tags text[],
  str bool, est bool, np bool, prov bool, st int2, err text, msg text, ms int4, ttft int4, ovh int4, queue int4,
  pt int4, cch int4, cw int4, cwh int4, ct int4, rt int4, aud int4, chr int4, cost int8, n int2, pl int4, ld int4, lm int4, ll int8[],
  ch bool, ck text, att json, bm text[], org text`;

/** [column of spend_logs, what it gets]. `$2` maps the segment's numbers to codes of spend_words. */
const COLUMNS: readonly (readonly [string, string])[] = [
  ['started_at', 'started_at'],
  ['id', 'id'],
  ['cost_pico_usd', 'coalesce(cost, 0)'],
  ['duration_ms', 'coalesce(ms, 0)'],
  ['time_to_first_token_ms', 'ttft'],
  ['overhead_ms', 'ovh'],
  ['queue_ms', 'queue'],
  ['prompt_tokens', 'coalesce(pt, 0)'],
  ['cached_tokens', 'coalesce(cch, 0)'],
  ['cache_write_tokens', 'cw'],
  ['cache_write_hour_tokens', 'cwh'],
  ['completion_tokens', 'coalesce(ct, 0)'],
  ['reasoning_tokens', 'coalesce(rt, 0)'],
  ['audio_ms', 'aud'],
  ['characters', 'chr'],
  ['key_code', '($2::int4[])[k]'],
  ['key_alias_code', '($2::int4[])[k + 1]'],
  ['user_code', '($2::int4[])[k + 2]'],
  ['team_code', '($2::int4[])[k + 3]'],
  ['call_type_code', '($2::int4[])[r]'],
  ['route_code', '($2::int4[])[r + 1]'],
  ['deployment_code', '($2::int4[])[d]'],
  ['model_code', '($2::int4[])[d + 1]'],
  ['model_group_code', '($2::int4[])[d + 2]'],
  ['provider_code', '($2::int4[])[d + 3]'],
  ['api_base_code', '($2::int4[])[d + 4]'],
  ['price_code', '($2::int4[])[d + 5]'],
  ['plan_code', '($2::int4[])[pl]'],
  ['load_ms', 'ld'],
  ['limits_code', '($2::int4[])[lm]'],
  ['limits_left', 'll'],
  ['status', 'st'],
  ['attempts', 'coalesce(n, 1)'],
  ['streamed', 'coalesce(str, false)'],
  ['estimated', 'coalesce(est, false)'],
  ['unpriced', 'coalesce(np, false)'],
  ['provisional', 'coalesce(prov, false)'],
  ['call_id', 'call'],
  ['response_id', 'resp'],
  ['asked_model', 'asked'],
  ['end_user', 'eu'],
  ['client_address', 'ip'],
  ['tags', 'tags'],
  ['error_type', 'err'],
  ['error_message', 'msg'],
  ['cache_hit', 'ch'],
  ['cache_key', 'ck'],
];

const COUNTED = [
  'prompt_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'completion_tokens',
  'reasoning_tokens',
  'audio_ms',
  'characters',
];
const DAILY_CODES = [
  'key_code',
  'user_code',
  'team_code',
  'model_code',
  'model_group_code',
  'deployment_code',
  'provider_code',
  'route_code',
  'call_type_code',
];
const DAILY_KEY = ['day', ...DAILY_CODES];
const DAILY_SUMS = ['requests', 'failed', ...COUNTED, 'duration_ms', 'cost_pico_usd'];
const LABEL_SUMS = ['requests', 'failed', 'prompt_tokens', 'completion_tokens', 'cost_pico_usd'];

function add(names: readonly string[]): string {
  return names.map((name) => `${name} = old.${name} + excluded.${name}`).join(', ');
}

const SLICE = `slice AS MATERIALIZED (
  SELECT *, to_timestamp(at / 1000.0::float8) AS started_at FROM json_to_recordset($1::json) AS row(${ROW})
)`;

/** Of each changed row, what the totals are made of. */
const RETURNING = `RETURNING spend_logs.id, (spend_logs.started_at AT TIME ZONE 'UTC')::date AS day,
    date_trunc('hour', spend_logs.started_at, 'UTC') AS hour, (spend_logs.status >= 400)::int AS failed,
    date_trunc('second', spend_logs.started_at) AS second,
    ${[...DAILY_CODES, ...COUNTED, 'duration_ms', 'cost_pico_usd', 'end_user', 'tags', 'asked_model'].map((name) => `spend_logs.${name}`).join(', ')}`;

/**
 * What a slice says of its calls beyond what rows keep: the models they are to be charged to, where these are not what was
 * asked for, and the organization of the key when the call began.
 */
const SAID = `(SELECT id, max(bm) AS bound_models, max(org) AS organization FROM slice WHERE bm IS NOT NULL OR org IS NOT NULL GROUP BY id)`;

/**
 * Charges the budgets that bind the rows of `changed`: those of their scopes, of every model or of the one that answered,
 * whose window holds the second in which the call began. Locked in the order in which leases lock them. What is taken out
 * again was only supposed, of the model that was asked for.
 */
function chargesOf(sign: 1 | -1): string {
  return `spending AS MATERIALIZED (
  SELECT key_code, user_code, team_code, model_group_code, end_user, asked_model, second, organization,
    ${sign === 1 ? 'bound_models' : 'NULL::text[] AS bound_models'}, sum(cost_pico_usd) AS cost
  FROM changed LEFT JOIN ${SAID} AS said USING (id)
  WHERE cost_pico_usd > 0 GROUP BY ${Array.from({ length: 9 }, (_, index) => index + 1).join(', ')}
), charges AS MATERIALIZED (
  SELECT account.id, sum(cost) AS cost
  FROM spending
    JOIN spend_words AS key ON key.code = key_code
    LEFT JOIN spend_words AS person ON person.code = user_code
    LEFT JOIN spend_words AS team ON team.code = team_code
    LEFT JOIN spend_words AS model_group ON model_group.code = model_group_code
    LEFT JOIN teams ON teams.team_id = team.word
    LEFT JOIN key_successors AS successor ON successor.hash = key.word
    LEFT JOIN virtual_keys AS holder ON holder.hash = coalesce(successor.active_hash, key.word) COLLATE "default"
    CROSS JOIN LATERAL (VALUES ('global'), ('key:' || coalesce(successor.active_hash, key.word)), ('user:' || person.word), ('team:' || team.word),
      ('team_member:' || team.word || ':' || person.word),
      ('organization:' || coalesce(organization, holder.organization_id, teams.organization_id)),
      ('end_user:' || end_user)) AS named(scope)
    JOIN limit_accounts AS account ON account.scope = named.scope COLLATE "C" AND account.kind = 'money'
      AND account.model = ANY (coalesce(bound_models, ARRAY[coalesce(asked_model, model_group.word)]) || ''::text)
      AND second >= account.starts_at AND second < account.ends_at
  GROUP BY 1
), locked AS MATERIALIZED (
  SELECT id FROM limit_accounts WHERE id IN (SELECT id FROM charges) ORDER BY id FOR UPDATE
), charged AS (
  UPDATE limit_accounts AS account SET spent = account.spent + ${sign} * charges.cost
  FROM charges JOIN locked USING (id) WHERE account.id = charges.id
  RETURNING account.id, ${sign} * charges.cost AS cost, account.spent
)`;
}

/** What was spent with a credential that has been replaced is owed by its key, under the one that it has now. */
const OWED = `owed AS (
  SELECT coalesce('key:' || successor.active_hash, scope) AS scope, window_start,
    sum(spent_pico_usd) AS spent_pico_usd, sum(requests) AS requests
  FROM scoped LEFT JOIN key_successors AS successor ON scope LIKE 'key:%' AND successor.hash = substr(scope, 5)
  GROUP BY 1, 2
)`;

/**
 * Adds the rows of `changed` to every total, or takes them out again (`sign` -1). The tables are touched
 * in one order, their rows in sorted order: two writers never wait for each other in a circle.
 */
function totalsOf(sign: 1 | -1): string {
  const places = (count: number) => Array.from({ length: count }, (_, index) => index + 1).join(', ');
  const sums = (names: readonly string[]) => names.map((name) => `${sign} * sum(${name})`).join(', ');
  return `grouped AS MATERIALIZED (
  SELECT day, ${DAILY_CODES.map((name) => `coalesce(${name}, 0) AS ${name}`).join(', ')}, hour, end_user, tags,
    count(*) AS requests, ${DAILY_SUMS.slice(1)
      .map((name) => `coalesce(sum(${name}), 0) AS ${name}`)
      .join(', ')}
  FROM changed GROUP BY ${places(DAILY_KEY.length + 3)}
), daily AS (
  INSERT INTO spend_daily AS old (${[...DAILY_KEY, ...DAILY_SUMS].join(', ')})
  SELECT ${DAILY_KEY.join(', ')}, ${sums(DAILY_SUMS)}
  FROM grouped GROUP BY ${places(DAILY_KEY.length)} ORDER BY ${places(DAILY_KEY.length)}
  ON CONFLICT (${DAILY_KEY.join(', ')}) DO UPDATE SET ${add(DAILY_SUMS)}
), labelled AS (
  INSERT INTO spend_daily_labels AS old (day, kind, label, ${LABEL_SUMS.join(', ')})
  SELECT day, kind, label, ${sums(LABEL_SUMS)}
  FROM (
    SELECT day, 'tag' AS kind, label, requests, failed, prompt_tokens, completion_tokens, cost_pico_usd
      FROM grouped CROSS JOIN LATERAL unnest(tags) AS tag(label)
    UNION ALL
    SELECT day, 'end_user', end_user, requests, failed, prompt_tokens, completion_tokens, cost_pico_usd
      FROM grouped WHERE end_user IS NOT NULL
  ) AS labels GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (day, kind, label) DO UPDATE SET ${add(LABEL_SUMS)}
), scoped AS MATERIALIZED (
  SELECT scope, time AS window_start, ${sums(['cost_pico_usd'])} AS spent_pico_usd, ${sums(['requests'])} AS requests
  FROM (
    SELECT kind || ':' || word AS scope, hour, cost_pico_usd, requests FROM grouped
      CROSS JOIN LATERAL (VALUES ('key', key_code), ('user', user_code), ('team', team_code)) AS named(kind, code)
      JOIN spend_words USING (code)
    UNION ALL
    SELECT 'end_user:' || end_user, hour, cost_pico_usd, requests FROM grouped WHERE end_user IS NOT NULL
  ) AS each CROSS JOIN LATERAL (VALUES ('-infinity'::timestamptz), (hour)) AS windows(time)
  GROUP BY 1, 2
), ${OWED}, totals AS (
  INSERT INTO spend_totals AS old (scope, window_start, spent_pico_usd, requests)
  SELECT * FROM owed ORDER BY scope, window_start
  ON CONFLICT (scope, window_start) DO UPDATE SET ${add(['spent_pico_usd', 'requests'])}
  RETURNING scope, window_start, spent_pico_usd
), ${chargesOf(sign)}
SELECT (SELECT count(*)::int FROM changed) AS changed,
  (SELECT json_object_agg(scope, spent_pico_usd::text) FROM scoped WHERE window_start = '-infinity') AS settled,
  (SELECT json_object_agg(scope, spent_pico_usd::text) FROM totals WHERE window_start = '-infinity') AS totals,
  (SELECT json_object_agg(id, json_build_array(cost::text, spent::text)) FROM charged) AS charged`;
}

/**
 * Writes a slice: `$1` is the text of a JSON array of rows, `$2` the codes of its words. Rows that are there already
 * are left alone, and every total is computed from the rows that really went in, so that a slice may be
 * sent any number of times.
 */
export const INSERT_SLICE = `
WITH ${SLICE}, changed AS (
  INSERT INTO spend_logs (${COLUMNS.map(([column]) => column).join(', ')})
  SELECT ${COLUMNS.map(([, value]) => value).join(', ')} FROM slice ORDER BY started_at, id
  ON CONFLICT DO NOTHING
  ${RETURNING}
), tried AS (
  INSERT INTO spend_attempts (started_at, id, ordinal, deployment_id, status, begun_ms, duration_ms, error,
    error_type, prompt_tokens, completion_tokens, cost_pico_usd)
  SELECT started_at, slice.id, ordinal, try.d, try.st, try.at, try.ms, try.err,
    try.et, try.pt, try.ct, try.cost
  FROM slice CROSS JOIN LATERAL ROWS FROM (
    json_to_recordset(att) AS (d text, st int2, at int4, ms int4, err text, et text, pt int4, ct int4, cost int8)
  ) WITH ORDINALITY AS try(d, st, at, ms, err, et, pt, ct, cost, ordinal)
  WHERE att IS NOT NULL ORDER BY 1, 2, 3
  ON CONFLICT DO NOTHING
), ${totalsOf(1)}`;

/**
 * Takes back what was only supposed of the slice's calls (`provisional`: their process was believed dead), where the
 * slice knows how they really ended. Parameters as above.
 */
export const REMOVE_PROVISIONAL = `
WITH ${SLICE}, changed AS (
  DELETE FROM spend_logs USING (
    SELECT log.started_at, log.id FROM spend_logs AS log JOIN slice USING (started_at, id)
    WHERE log.provisional AND slice.prov IS NOT TRUE ORDER BY 1, 2 FOR UPDATE OF log
  ) AS stale
  WHERE spend_logs.started_at = stale.started_at AND spend_logs.id = stale.id AND $2::int4[] IS NOT NULL
  ${RETURNING}
), ${totalsOf(-1)}`;

/** Makes codes for words that have none; `$1` is a text[]. */
export const ADD_WORDS = `
INSERT INTO spend_words (word)
SELECT DISTINCT given.word FROM unnest($1::text[]) AS given(word)
WHERE NOT EXISTS (SELECT 1 FROM spend_words AS known WHERE known.word = given.word)
ORDER BY 1 ON CONFLICT DO NOTHING`;

export const READ_CODES = 'SELECT word, code FROM spend_words WHERE word = ANY($1::text[])';
