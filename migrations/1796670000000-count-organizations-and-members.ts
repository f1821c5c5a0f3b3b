import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * What the rows say that an organization, or a member of a team, has spent in a window: the totals tell nothing of them.
 * Days that lie wholly in the window come out of their roll-ups, what is left at its ends out of the rows.
 */
const BOOKED = `CREATE FUNCTION limit_booked(asked text, b timestamptz, e timestamptz) RETURNS numeric
LANGUAGE plpgsql STABLE AS $body$
DECLARE
  days_from date := ((b AT TIME ZONE 'UTC') + interval '1 day' - interval '1 microsecond')::date;
  days_to date := (e AT TIME ZONE 'UTC')::date;
  head_end timestamptz := least(e, days_from::timestamp AT TIME ZONE 'UTC');
  tail_start timestamptz := greatest(days_from, days_to)::timestamp AT TIME ZONE 'UTC';
BEGIN
  RETURN (
    SELECT coalesce(sum(money.cost), 0)
    FROM (
      SELECT key_code, user_code, team_code, sum(cost_pico_usd) AS cost FROM spend_daily
      WHERE day >= days_from AND day < days_to GROUP BY 1, 2, 3
      UNION ALL
      SELECT key_code, user_code, team_code, sum(cost_pico_usd) FROM spend_logs
      WHERE started_at >= b AND started_at < head_end GROUP BY 1, 2, 3
      UNION ALL
      SELECT key_code, user_code, team_code, sum(cost_pico_usd) FROM spend_logs
      WHERE started_at >= tail_start AND started_at < e GROUP BY 1, 2, 3
    ) AS money
      LEFT JOIN spend_words AS key ON key.code = money.key_code
      LEFT JOIN spend_words AS person ON person.code = money.user_code
      LEFT JOIN spend_words AS team ON team.code = money.team_code
      LEFT JOIN teams ON teams.team_id = team.word
      LEFT JOIN key_successors AS successor ON successor.hash = key.word
      LEFT JOIN virtual_keys AS holder ON holder.hash = coalesce(successor.active_hash, key.word) COLLATE "default"
    WHERE asked COLLATE "C" IN ('team_member:' || team.word || ':' || person.word,
      'organization:' || coalesce(holder.organization_id,
        (SELECT gone.organization_id FROM deleted_keys AS gone
         WHERE holder.hash IS NULL AND gone.hash = coalesce(successor.active_hash, key.word) COLLATE "default" LIMIT 1),
        teams.organization_id))
  );
END $body$`;

/** Who has an account already is passed over at once. */
const MISSING = `WHERE NOT EXISTS (SELECT 1 FROM limit_accounts AS a WHERE a.scope = ask.s AND a.model = ask.m
    AND a.kind = ask.k AND a.starts_at = ask.b AND a.ends_at = ask.e)`;

const BY_ROWS = `WHEN ask.s LIKE 'organization:%' OR ask.s LIKE 'team_member:%' THEN limit_booked(ask.s, ask.b, ask.e)`;

const open = (
  byRows: string,
  missing: string,
): string => `CREATE OR REPLACE FUNCTION limit_open(asks jsonb) RETURNS void LANGUAGE plpgsql AS $body$
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
      + coalesce((SELECT sum(credited_pico_usd) FROM spend_credits
      WHERE scope LIKE 'key:%' AND CASE WHEN ask.b = '-infinity' THEN window_start = ask.b
        ELSE window_start >= ask.b AND window_start < ask.e END), 0)
    ${byRows}
    ELSE coalesce((SELECT sum(spent_pico_usd) FROM spend_totals
      WHERE scope = ask.s AND CASE WHEN ask.b = '-infinity' THEN window_start = ask.b
        ELSE window_start >= ask.b AND window_start < ask.e END), 0)
    END
  FROM jsonb_to_recordset(asks) AS ask(s text, m text, k text, b timestamptz, e timestamptz)
  ${missing}
  ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT DO NOTHING;
END $body$`;

/** Budgets of organizations and of team members know what was spent before anybody asked for them. */
export class CountOrganizationsAndMembers1796670000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(BOOKED);
    await runner.query(open(BY_ROWS, MISSING));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(open('', ''));
    await runner.query('DROP FUNCTION limit_booked(text, timestamptz, timestamptz)');
  }
}
