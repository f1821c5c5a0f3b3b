import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * What an administrator has let off a scope: its totals tell that much less than its rows. One credit for all time
 * ('-infinity') and one for each hour, as the totals have them.
 */
const CREDITS = `CREATE TABLE spend_credits (
  scope text COLLATE "C" NOT NULL,
  window_start timestamptz NOT NULL,
  credited_pico_usd numeric(38) NOT NULL,
  PRIMARY KEY (scope, window_start)
)`;

/** A key that was let off something has spent it all the same, as far as the gateway's own budget goes. */
const CREDITED = `+ coalesce((SELECT sum(credited_pico_usd) FROM spend_credits
      WHERE scope LIKE 'key:%' AND CASE WHEN ask.b = '-infinity' THEN window_start = ask.b
        ELSE window_start >= ask.b AND window_start < ask.e END), 0)`;

const open = (
  credited: string,
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
        ELSE window_start >= ask.b AND window_start < ask.e END), 0) ${credited}
    ELSE coalesce((SELECT sum(spent_pico_usd) FROM spend_totals
      WHERE scope = ask.s AND CASE WHEN ask.b = '-infinity' THEN window_start = ask.b
        ELSE window_start >= ask.b AND window_start < ask.e END), 0)
    END
  FROM jsonb_to_recordset(asks) AS ask(s text, m text, k text, b timestamptz, e timestamptz)
  ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT DO NOTHING;
END $body$`;

export class CreateSpendCredits1796630000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CREDITS);
    await runner.query(open(CREDITED));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(open(''));
    await runner.query('DROP TABLE spend_credits');
  }
}
