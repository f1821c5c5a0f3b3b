import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { TAKE as TAKE_BEFORE } from './1768089600000-create-limit-leases.js';

/**
 * A key that was given a new credential has accounts of a new name; calls that began under the old one still hold a part
 * of the old accounts, and will be charged to the new ones. That part is in other hands, and is asked for like theirs,
 * whoever holds it: otherwise each new credential brings all that is left once more.
 */
const TAKE = `CREATE OR REPLACE FUNCTION limit_take(me text, is_journaled bool, asks jsonb)
RETURNS TABLE (place int, account int8, granted numeric, spent numeric, free numeric, others numeric, live int,
  asked_at timestamptz, waits bool) LANGUAGE plpgsql AS $body$
DECLARE
  ask record;
  acct record;
  silent int;
  share numeric;
  former int8[];
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
    former := '{}';
    IF ask.s LIKE 'key:%' THEN
      SELECT coalesce(array_agg(a.id), '{}') INTO former
      FROM key_successors AS old JOIN limit_accounts AS a ON a.scope = 'key:' || old.hash AND a.model = ask.m
        AND a.kind = ask.k AND a.starts_at = ask.b AND a.ends_at = ask.e
      WHERE old.active_hash = substr(ask.s, 5);
    END IF;
    SELECT coalesce(sum(l.held), 0), count(*) FILTER (WHERE l.held > 0 AND (l.reported_at < ask.since OR l.unsettled)
        AND h.seen_at > clock_timestamp() - interval '15 s')
      INTO others, silent
      FROM limit_leases AS l JOIN limit_holders AS h ON h.name = l.holder
      WHERE l.account = acct.id AND l.holder <> me OR l.account = ANY (former);
    free := ask.cap - acct.spent - others - ask.held;
    share := CASE WHEN live > 1 THEN trunc(free / (2 * live)) WHEN ask.k = 'money' THEN trunc(free / 2) ELSE free END;
    granted := CASE WHEN free >= ask.least AND free > 0 THEN least(free, greatest(ask.need, share)) ELSE 0 END;
    asked_at := ask.since;
    waits := granted < ask.need AND others > 0 AND free + others + ask.ended >= ask.least AND (ask.since IS NULL OR silent > 0);
    IF waits AND ask.since IS NULL THEN
      asked_at := clock_timestamp();
      UPDATE limit_accounts AS a SET recalled_at = asked_at WHERE a.id = acct.id;
      recalled := recalled || acct.id || former;
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

/** What calls hold of a key's limits binds it under its next credential too. */
export class HoldLeasesOfReplacedKeys1796680000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TAKE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION limit_take(text, bool, jsonb)');
    await runner.query(TAKE_BEFORE);
  }
}
