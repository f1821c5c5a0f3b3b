import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** JSON as text: jsonb refuses what a prompt may hold (`\u0000`), and nobody searches in it. */
const PROMPTS = `CREATE TABLE spend_prompts (
  started_at timestamptz NOT NULL,
  id uuid NOT NULL,
  request text,
  response text,
  PRIMARY KEY (started_at, id)
) PARTITION BY RANGE (started_at)`;

/** Attached, not created as a partition: that would lock the whole table against reading. */
const addDay = (parents: readonly string[]): string => `CREATE OR REPLACE FUNCTION spend_add_day(day date)
RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  parent text;
  part text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('spend_add_day'));
  FOREACH parent IN ARRAY ARRAY[${parents.map((name) => `'${name}'`).join(', ')}] LOOP
    part := parent || '_' || to_char(day, 'YYYYMMDD');
    IF to_regclass(part) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
        day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
    END IF;
  END LOOP;
END $body$`;

const FIRST_DAYS = `SELECT spend_add_day((now() AT TIME ZONE 'UTC')::date + ahead) FROM generate_series(0, 3) AS ahead`;

/** Prompts and answers, where the configuration says that they are kept; in days of their own, dropped on their own. */
export class CreateStoredPrompts1796000201000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PROMPTS);
    await runner.query(addDay(['spend_logs', 'spend_attempts', 'spend_prompts']));
    await runner.query(FIRST_DAYS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(addDay(['spend_logs', 'spend_attempts']));
    await runner.query('DROP TABLE spend_prompts');
  }
}
