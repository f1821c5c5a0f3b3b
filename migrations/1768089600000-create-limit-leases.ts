import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Rows that change many times a second: room on the page for the next version. */
const BUSY = `WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500)`;

/**
 * What a limit has to give. Money is there once per window and knows what the rows of the ledger have spent of it;
 * rates and slots are there for ever. The model is '' where every call counts.
 */
const ACCOUNTS = `CREATE TABLE limit_accounts (
  id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  scope text COLLATE "C" NOT NULL,
  model text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('money', 'requests', 'tokens', 'parallel')),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  spent numeric(38) NOT NULL,
  recalled_at timestamptz NOT NULL DEFAULT '-infinity',
  UNIQUE (scope, model, kind, starts_at, ends_at)
) ${BUSY}`;

/** The processes that take part. */
const HOLDERS = `CREATE TABLE limit_holders (
  name text COLLATE "C" PRIMARY KEY,
  seen_at timestamptz NOT NULL,
  journaled bool NOT NULL,
  adopted bool NOT NULL DEFAULT false
) ${BUSY}`;

/**
 * How much of an account a process has in hand: free, reserved, or spent in rows that are still on their way ('unsettled':
 * there are such rows, and as soon as they arrive they are counted twice until the process has told less).
 */
const LEASES = `CREATE TABLE limit_leases (
  account int8 NOT NULL REFERENCES limit_accounts ON DELETE CASCADE,
  holder text COLLATE "C" NOT NULL REFERENCES limit_holders ON DELETE CASCADE,
  held numeric(38) NOT NULL,
  unsettled bool NOT NULL DEFAULT false,
  reported_at timestamptz NOT NULL,
  PRIMARY KEY (account, holder)
) ${BUSY}`;

const LEASES_BY_HOLDER = 'CREATE INDEX limit_leases_holder ON limit_leases (holder)';

/**
 * Makes accounts. While no row can be added to the totals, what was spent before is taken over: afterwards the
 * ledger charges every row to the account itself.
 */
const OPEN = `CREATE FUNCTION limit_open(asks jsonb) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF EXISTS (
    SELECT 1 FROM jsonb_to_recordset(asks) AS ask(s text, m text, k text, b timestamptz, e timestamptz)
    WHERE ask.k = 'money' AND ask.m = '' AND NOT EXISTS (
      SELECT 1 FROM limit_accounts AS a WHERE a.scope = ask.s AND a.model = ask.m AND a.kind = ask.k
        AND a.starts_at = ask.b AND a.ends_at = ask.e)
  ) THEN
    LOCK TABLE spend_totals IN SHARE MODE;
  END IF;
  INSERT INTO limit_accounts (scope, model, kind, starts_at, ends_at, spent)
  SELECT ask.s, ask.m, ask.k, ask.b, ask.e, CASE
    WHEN ask.k <> 'money' OR ask.m <> '' THEN 0
    WHEN ask.s = 'global' THEN coalesce((SELECT sum(spent_pico_usd) FROM spend_totals
      WHERE scope LIKE 'key:%' AND CASE WHEN ask.b = '-infinity' THEN window_start = ask.b
        ELSE window_start >= ask.b AND window_start < ask.e END), 0)
    ELSE coalesce((SELECT sum(spent_pico_usd) FROM spend_totals
      WHERE scope = ask.s AND CASE WHEN ask.b = '-infinity' THEN window_start = ask.b
        ELSE window_start >= ask.b AND window_start < ask.e END), 0)
    END
  FROM jsonb_to_recordset(asks) AS ask(s text, m text, k text, b timestamptz, e timestamptz)
  ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT DO NOTHING;
END $body$`;

/**
 * Gives out leases. Each account is locked first and looked at by the statements after that, which see what others
 * have committed meanwhile; one statement with a sub-select would look at the past. Where others hold what is
 * missing, they are asked to give back what they do not need ('since': when this was asked for before).
 */
export const TAKE = `CREATE FUNCTION limit_take(me text, is_journaled bool, asks jsonb)
RETURNS TABLE (place int, account int8, granted numeric, spent numeric, free numeric, others numeric, live int,
  asked_at timestamptz, waits bool) LANGUAGE plpgsql AS $body$
DECLARE
  ask record;
  acct record;
  silent int;
  share numeric;
  recalled int8[] := '{}';
BEGIN
  INSERT INTO limit_holders (name, seen_at, journaled) VALUES (me, clock_timestamp(), is_journaled) ON CONFLICT DO NOTHING;
  SELECT greatest(1, count(*)) INTO live FROM limit_holders WHERE seen_at > clock_timestamp() - interval '15 s';
  FOR ask IN
    SELECT given.*, a.id FROM jsonb_to_recordset(asks) AS given(o int, s text, m text, k text, b timestamptz,
      e timestamptz, cap numeric, need numeric, least numeric, held numeric, ended numeric, since timestamptz)
    LEFT JOIN limit_accounts AS a ON a.scope = given.s AND a.model = given.m AND a.kind = given.k
      AND a.starts_at = given.b AND a.ends_at = given.e
    ORDER BY a.id
  LOOP
    place := ask.o;
    account := NULL;
    SELECT a.id, a.spent, a.recalled_at INTO acct FROM limit_accounts AS a WHERE a.id = ask.id FOR UPDATE;
    IF NOT FOUND THEN
      RETURN NEXT;
      CONTINUE;
    END IF;
    account := acct.id;
    spent := acct.spent;
    SELECT coalesce(sum(l.held), 0), count(*) FILTER (WHERE l.held > 0 AND (l.reported_at < ask.since OR l.unsettled)
        AND h.seen_at > clock_timestamp() - interval '15 s')
      INTO others, silent
      FROM limit_leases AS l JOIN limit_holders AS h ON h.name = l.holder WHERE l.account = acct.id AND l.holder <> me;
    free := ask.cap - acct.spent - others - ask.held;
    share := CASE WHEN live > 1 THEN trunc(free / (2 * live)) WHEN ask.k = 'money' THEN trunc(free / 2) ELSE free END;
    granted := CASE WHEN free >= ask.least AND free > 0 THEN least(free, greatest(ask.need, share)) ELSE 0 END;
    asked_at := ask.since;
    waits := granted < ask.need AND others > 0 AND free + others + ask.ended >= ask.least AND (ask.since IS NULL OR silent > 0);
    IF waits AND ask.since IS NULL THEN
      asked_at := clock_timestamp();
      UPDATE limit_accounts AS a SET recalled_at = asked_at WHERE a.id = acct.id;
      recalled := recalled || acct.id;
    END IF;
    INSERT INTO limit_leases AS l (account, holder, held, unsettled, reported_at)
    VALUES (acct.id, me, ask.held + granted, ask.ended > 0, clock_timestamp())
    ON CONFLICT ON CONSTRAINT limit_leases_pkey
    DO UPDATE SET held = excluded.held, unsettled = excluded.unsettled, reported_at = excluded.reported_at;
    RETURN NEXT;
  END LOOP;
  IF recalled <> '{}' THEN
    PERFORM pg_notify('gateway_limits', array_to_string(recalled[1:300], ','));
  END IF;
END $body$`;

/** Tells what is still in hand: less than before, never more. */
const REPORT = `CREATE FUNCTION limit_report(me text, reports jsonb) RETURNS void LANGUAGE sql AS $body$
  UPDATE limit_leases AS lease SET held = report.held, unsettled = report.unsettled, reported_at = clock_timestamp()
  FROM jsonb_to_recordset(reports) AS report(account int8, held numeric, unsettled bool)
  WHERE lease.account = report.account AND lease.holder = me
$body$`;

/**
 * Takes back what a dead process had in hand, as far as nothing of it can still be spent: slots at once, money when its
 * journal has been read to the end (or will not be, after 10 minutes), rates when their minute is over.
 */
const RECLAIM = `CREATE FUNCTION limit_reclaim(dead text, silent_s int) RETURNS void LANGUAGE sql AS $body$
  DELETE FROM limit_leases AS lease USING limit_accounts AS account, limit_holders AS holder
  WHERE lease.holder = dead AND holder.name = dead AND account.id = lease.account AND CASE account.kind
    WHEN 'parallel' THEN true
    WHEN 'money' THEN holder.adopted OR NOT holder.journaled OR silent_s >= 600
    ELSE silent_s >= 70 END;
  DELETE FROM limit_holders AS holder
  WHERE holder.name = dead AND silent_s >= 70 AND NOT EXISTS (SELECT 1 FROM limit_leases AS lease WHERE lease.holder = dead)
$body$`;

export class CreateLimitLeases1768089600000 implements MigrationInterface {
  name = 'CreateLimitLeases1768089600000';

  async up(runner: QueryRunner): Promise<void> {
    const statements = [ACCOUNTS, HOLDERS, LEASES, LEASES_BY_HOLDER, OPEN, TAKE, REPORT, RECLAIM];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION limit_reclaim(text, int)');
    await runner.query('DROP FUNCTION limit_report(text, jsonb)');
    await runner.query('DROP FUNCTION limit_take(text, bool, jsonb)');
    await runner.query('DROP FUNCTION limit_open(jsonb)');
    await runner.query('DROP TABLE limit_leases, limit_holders, limit_accounts');
  }
}
