import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Rows of totals change many times a second: room on the page for the next version, frequent cleaning. */
const BUSY = `WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000)`;

/** A million dollars, in pico-dollars. Integers know no NaN and no infinity. */
const MONEY = 'CHECK (cost_pico_usd >= 0 AND cost_pico_usd < 1000000000000000000)';

const COUNTS = `requests int8 NOT NULL, failed int8 NOT NULL, prompt_tokens int8 NOT NULL,
  cached_tokens int8 NOT NULL, completion_tokens int8 NOT NULL, reasoning_tokens int8 NOT NULL,
  audio_ms int8 NOT NULL, characters int8 NOT NULL, duration_ms int8 NOT NULL, cost_pico_usd numeric(38) NOT NULL`;

/** Texts that many rows share. Codes are never used again for another text. */
const WORDS = `CREATE TABLE spend_words (
  code int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  word text COLLATE "C" NOT NULL UNIQUE
)`;

/** Columns in the order that wastes least space. Everything ending in _code names a row of spend_words. */
const LOGS = `CREATE TABLE spend_logs (
  started_at timestamptz NOT NULL,
  id uuid NOT NULL,
  cost_pico_usd int8 NOT NULL ${MONEY},
  duration_ms int4 NOT NULL CHECK (duration_ms >= 0),
  time_to_first_token_ms int4,
  overhead_ms int4,
  queue_ms int4,
  prompt_tokens int4 NOT NULL CHECK (prompt_tokens >= 0),
  cached_tokens int4 NOT NULL CHECK (cached_tokens >= 0),
  completion_tokens int4 NOT NULL CHECK (completion_tokens >= 0),
  reasoning_tokens int4 NOT NULL CHECK (reasoning_tokens >= 0),
  audio_ms int4,
  characters int4,
  key_code int4 NOT NULL,
  key_alias_code int4,
  user_code int4,
  team_code int4,
  call_type_code int4 NOT NULL,
  route_code int4 NOT NULL,
  deployment_code int4,
  model_code int4,
  model_group_code int4,
  provider_code int4,
  api_base_code int4,
  price_code int4,
  status int2 NOT NULL,
  attempts int2 NOT NULL,
  streamed bool NOT NULL,
  estimated bool NOT NULL,
  unpriced bool NOT NULL,
  provisional bool NOT NULL,
  call_id text,
  response_id text,
  asked_model text,
  end_user text,
  client_address text,
  tags text[],
  error_type text,
  error_message text,
  PRIMARY KEY (started_at, id)
) PARTITION BY RANGE (started_at)`;

const LOG_INDEXES = [
  'CREATE INDEX spend_logs_key ON spend_logs (key_code, started_at)',
  'CREATE INDEX spend_logs_user ON spend_logs (user_code, started_at) WHERE user_code IS NOT NULL',
  'CREATE INDEX spend_logs_team ON spend_logs (team_code, started_at) WHERE team_code IS NOT NULL',
  'CREATE INDEX spend_logs_model ON spend_logs (model_code, started_at) WHERE model_code IS NOT NULL',
  // Looked up by equality only, in random order: a hash index costs a third of a tree to keep.
  'CREATE INDEX spend_logs_call ON spend_logs USING hash (call_id)',
  'CREATE INDEX spend_logs_response ON spend_logs USING hash (response_id)',
];

const ATTEMPTS = `CREATE TABLE spend_attempts (
  started_at timestamptz NOT NULL,
  id uuid NOT NULL,
  ordinal int2 NOT NULL,
  status int2 NOT NULL,
  begun_ms int4 NOT NULL,
  duration_ms int4 NOT NULL,
  deployment_id text NOT NULL,
  error text,
  PRIMARY KEY (started_at, id, ordinal)
) PARTITION BY RANGE (started_at)`;

/** One total for all time ('-infinity') and one for each hour; nothing is ever set back to zero. */
const TOTALS = `CREATE TABLE spend_totals (
  scope text COLLATE "C" NOT NULL,
  window_start timestamptz NOT NULL,
  spent_pico_usd numeric(38) NOT NULL,
  requests int8 NOT NULL,
  PRIMARY KEY (scope, window_start)
) ${BUSY}`;

/** Code 0 stands for none: a key may hold no null. */
const DAILY = `CREATE TABLE spend_daily (
  day date NOT NULL,
  key_code int4 NOT NULL,
  user_code int4 NOT NULL,
  team_code int4 NOT NULL,
  model_code int4 NOT NULL,
  model_group_code int4 NOT NULL,
  deployment_code int4 NOT NULL,
  provider_code int4 NOT NULL,
  route_code int4 NOT NULL,
  call_type_code int4 NOT NULL,
  ${COUNTS},
  PRIMARY KEY (day, key_code, user_code, team_code, model_code, model_group_code, deployment_code, provider_code,
    route_code, call_type_code)
) ${BUSY}`;

const DAILY_LABELS = `CREATE TABLE spend_daily_labels (
  day date NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('tag', 'end_user')),
  label text COLLATE "C" NOT NULL,
  requests int8 NOT NULL,
  failed int8 NOT NULL,
  prompt_tokens int8 NOT NULL,
  completion_tokens int8 NOT NULL,
  cost_pico_usd numeric(38) NOT NULL,
  PRIMARY KEY (day, kind, label)
) ${BUSY}`;

/** What a constraint refused, as the text that was sent and the words its numbers stand for. */
const DEAD_LETTERS = `CREATE TABLE spend_dead_letters (
  digest uuid PRIMARY KEY,
  noted_at timestamptz NOT NULL DEFAULT now(),
  reason text NOT NULL,
  row_text text NOT NULL,
  words jsonb NOT NULL
)`;

/** Attached, not created as a partition: that would lock the whole table against reading. */
const ADD_DAY = `CREATE FUNCTION spend_add_day(day date) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  parent text;
  part text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('spend_add_day'));
  FOREACH parent IN ARRAY ARRAY['spend_logs', 'spend_attempts'] LOOP
    part := parent || '_' || to_char(day, 'YYYYMMDD');
    IF to_regclass(part) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
        day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
    END IF;
  END LOOP;
END $body$`;

const FIRST_DAYS = `SELECT spend_add_day((now() AT TIME ZONE 'UTC')::date + ahead) FROM generate_series(0, 3) AS ahead`;

export class CreateSpendLedger1767571200000 implements MigrationInterface {
  name = 'CreateSpendLedger1767571200000';

  async up(runner: QueryRunner): Promise<void> {
    const tables = [WORDS, LOGS, ...LOG_INDEXES, ATTEMPTS, TOTALS, DAILY, DAILY_LABELS, DEAD_LETTERS];
    for (const statement of [...tables, ADD_DAY, FIRST_DAYS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION spend_add_day(date)');
    await runner.query(`DROP TABLE spend_dead_letters, spend_daily_labels, spend_daily, spend_totals, spend_attempts,
      spend_logs, spend_words`);
  }
}
