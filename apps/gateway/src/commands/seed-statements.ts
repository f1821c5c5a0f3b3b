/** Figures of an ordinary deployment: some keys do most of the work, one call in fifty fails. */
const KEYS = 200;
const USERS = 60;
const TEAMS = 12;
const MODELS = [
  ['gpt-4', 'qwen3-30b-a3b', 1_500_000, 2_000_000],
  ['gpt-4o-mini', 'qwen2.5-14b-instruct', 150_000, 600_000],
  ['gemma', 'gemma3-27b', 300_000, 500_000],
  ['gpt-oss', 'gpt-oss-120b', 900_000, 3_600_000],
  ['embeddings', 'bge-m3', 20_000, 0],
] as const;

const MODEL_VALUES = MODELS.map(
  ([group, model, input, output]) => `('${group}', '${model}', ${input}::int8, ${output}::int8)`,
);

/** Keys that nobody holds, and the words that all rows share. */
export const PREPARE: readonly string[] = [
  `CREATE TEMP TABLE seed_key AS SELECT n,
     encode(sha256((random()::text || random()::text || n)::bytea), 'hex') AS hash, 'seed key ' || n AS alias,
     'seed-user-' || n % ${USERS} AS person, 'seed-team-' || n % ${TEAMS} AS team
   FROM generate_series(0, ${KEYS - 1}) AS n`,
  `CREATE TEMP TABLE seed_model AS SELECT row_number() OVER () - 1 AS n, *, 'seed-deployment-' || model AS deployment
   FROM (VALUES ${MODEL_VALUES.join(', ')}) AS model(model_group, model, input, output)`,
  `INSERT INTO spend_words (word) SELECT word FROM (
     SELECT unnest(ARRAY[hash, alias, person, team]) AS word FROM seed_key
     UNION SELECT unnest(ARRAY[model_group, model, deployment]) FROM seed_model
     UNION SELECT unnest(ARRAY['acompletion', '/v1/chat/completions', 'openai', 'http://127.0.0.1:8080/v1', 'seed'])
   ) AS words ORDER BY 1 ON CONFLICT DO NOTHING`,
  `INSERT INTO virtual_keys (hash, key_name, key_alias, user_id, team_id, version, created_by, updated_by)
   SELECT hash, 'sk-...' || left(hash, 4), alias || ' ' || left(hash, 8), person, team, 0, 'seed', 'seed' FROM seed_key`,
  `CREATE TEMP TABLE seed_key_code AS SELECT n, k.code AS key_code, a.code AS alias_code, p.code AS user_code, t.code AS team_code
   FROM seed_key JOIN spend_words k ON k.word = hash JOIN spend_words a ON a.word = alias
     JOIN spend_words p ON p.word = person JOIN spend_words t ON t.word = team`,
  `CREATE TEMP TABLE seed_model_code AS SELECT n, input, output, g.code AS group_code, m.code AS model_code, d.code AS deployment_code
   FROM seed_model JOIN spend_words g ON g.word = model_group JOIN spend_words m ON m.word = model
     JOIN spend_words d ON d.word = deployment`,
  'ANALYZE seed_key_code, seed_model_code',
];

const wordCode = (word: string): string => `(SELECT code FROM spend_words WHERE word = '${word}')`;

/** `$1` rows between the instants `$2` and `$3`, in the order in which calls would have come. */
export const fillDay = (
  part: string,
): string => `INSERT INTO ${part} (started_at, id, cost_pico_usd, duration_ms,
  time_to_first_token_ms, overhead_ms, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens,
  key_code, key_alias_code, user_code, team_code, call_type_code, route_code, deployment_code, model_code,
  model_group_code, provider_code, api_base_code, price_code, status, attempts, streamed, estimated, unpriced,
  provisional, response_id, end_user, client_address, tags, error_type, error_message)
SELECT at, (lpad(to_hex((extract(epoch FROM at) * 1000)::int8), 12, '0') || '7' || substr(noise, 1, 3) || '8' || substr(noise, 4, 15))::uuid,
  CASE WHEN failed THEN 0 ELSE prompt * input + completion * output END, 200 + completion * 12,
  CASE WHEN failed THEN NULL ELSE 150 + prompt / 10 END, 1, prompt, 0, CASE WHEN failed THEN 0 ELSE completion END, 0,
  key_code, alias_code, user_code, team_code, ${wordCode('acompletion')}, ${wordCode('/v1/chat/completions')},
  deployment_code, model_code, group_code, ${wordCode('openai')}, ${wordCode('http://127.0.0.1:8080/v1')}, ${wordCode('seed')},
  CASE WHEN failed THEN 502 ELSE 200 END, 1, noise < '8', false, false, false,
  CASE WHEN failed THEN NULL ELSE 'chatcmpl-' || noise END,
  CASE WHEN noise < '2' THEN 'customer-' || prompt % 100 END, '10.0.' || key_code % 256 || '.' || prompt % 256,
  ARRAY['User-Agent: OpenAI', 'User-Agent: OpenAI/Python 2.54.0'],
  CASE WHEN failed THEN 'upstream_error' END, CASE WHEN failed THEN 'The upstream did not answer.' END
FROM (
  SELECT $2::timestamptz + date_trunc('milliseconds', ($3::timestamptz - $2::timestamptz) * ((i - 0.5) / $1)) AS at,
    md5(i || random()::text) AS noise, (power(random(), 2) * ${KEYS})::int % ${KEYS} AS key_number,
    (random() * ${MODELS.length})::int % ${MODELS.length} AS model_number,
    20 + (random() * 2000)::int AS prompt, 1 + (random() * 600)::int AS completion, random() < 0.02 AS failed
  FROM generate_series(1, $1::int) AS i
) AS made JOIN seed_key_code AS k ON k.n = key_number JOIN seed_model_code AS m ON m.n = model_number
ORDER BY at`;

const CODES = `key_code, user_code, team_code, model_code, model_group_code, deployment_code, provider_code, route_code, call_type_code`;

/** The totals of one day out of its rows. */
export const rollUpDay = (part: string): readonly string[] => [
  `INSERT INTO spend_daily (day, ${CODES}, requests, failed, prompt_tokens, cached_tokens, completion_tokens,
     reasoning_tokens, audio_ms, characters, duration_ms, cost_pico_usd)
   SELECT (started_at AT TIME ZONE 'UTC')::date, ${CODES}, count(*), count(*) FILTER (WHERE status >= 400),
     sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens), 0, 0, sum(duration_ms), sum(cost_pico_usd)
   FROM ${part} GROUP BY 1, ${CODES}`,
  `INSERT INTO spend_daily_labels (day, kind, label, requests, failed, prompt_tokens, completion_tokens, cost_pico_usd)
   SELECT (started_at AT TIME ZONE 'UTC')::date, kind, label, count(*), count(*) FILTER (WHERE status >= 400),
     sum(prompt_tokens), sum(completion_tokens), sum(cost_pico_usd)
   FROM ${part} CROSS JOIN LATERAL (
     SELECT 'tag' AS kind, unnest(tags) AS label UNION ALL SELECT 'end_user', end_user WHERE end_user IS NOT NULL
   ) AS named GROUP BY 1, 2, 3`,
  `INSERT INTO spend_totals (scope, window_start, spent_pico_usd, requests)
   SELECT kind || ':' || word, hour, sum(cost), sum(n) FROM (
     SELECT key_code, user_code, team_code, end_user, date_trunc('hour', started_at, 'UTC') AS hour,
       sum(cost_pico_usd) AS cost, count(*) AS n FROM ${part} GROUP BY 1, 2, 3, 4, 5
   ) AS hourly CROSS JOIN LATERAL (
     SELECT named.kind, spend_words.word FROM (VALUES ('key', key_code), ('user', user_code), ('team', team_code)) AS named(kind, code)
       JOIN spend_words USING (code)
     UNION ALL SELECT 'end_user', end_user WHERE end_user IS NOT NULL
   ) AS scopes GROUP BY 1, 2`,
];

/** The totals of all time, once the hours are complete. */
export const SUM_UP: readonly string[] = [
  `INSERT INTO spend_totals (scope, window_start, spent_pico_usd, requests)
   SELECT scope, '-infinity', sum(spent_pico_usd), sum(requests) FROM spend_totals GROUP BY 1`,
  `DELETE FROM spend_totals WHERE window_start > '-infinity' AND window_start < now() - interval '62 days'`,
  'VACUUM ANALYZE spend_daily, spend_daily_labels, spend_totals, spend_words, virtual_keys',
  'ANALYZE spend_logs',
];
