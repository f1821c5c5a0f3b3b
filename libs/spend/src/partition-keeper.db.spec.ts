import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { PartitionKeeper } from './partition-keeper.js';

let database: TestDatabase;
let retentionMs: number | null;
let promptMs: number | null;
let keeper: PartitionKeeper;

const DAY_MS = 86_400_000;
const TODAY = new Date('2027-05-10T12:00:00Z');

async function partitions(): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE relkind = 'r' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

beforeEach(async () => {
  Logger.overrideLogger(false);
  database = await aTestDatabase();
  retentionMs = null;
  promptMs = null;
  keeper = new PartitionKeeper(database.url, { rows: () => retentionMs, prompts: () => promptMs });
});
afterEach(() => database.drop());

describe('partitions', () => {
  test('the migration makes today and three days ahead, for rows, attempts and prompts', async () => {
    const days = [0, 1, 2, 3].map((ahead) =>
      new Date(Date.now() + ahead * DAY_MS).toISOString().slice(0, 10).replaceAll('-', ''),
    );
    const expected = ['spend_attempts', 'spend_logs', 'spend_prompts'].flatMap((table) =>
      days.map((day) => `${table}_${day}`),
    );
    expect(await partitions()).toEqual(expected);
  });

  test('are made three days ahead, and again makes no difference', async () => {
    await keeper.keep(TODAY);
    await keeper.keep(TODAY);
    const made = (await partitions()).filter((name) => name.startsWith('spend_logs_2027'));
    expect(made).toEqual(['10', '11', '12', '13'].map((day) => `spend_logs_202705${day}`));
  });

  test('have the indexes of the table and hold exactly one day in UTC', async () => {
    await keeper.keep(TODAY);
    const [row] = await database.query<{ bounds: string }>(
      `SELECT pg_get_expr(relpartbound, oid) AS bounds FROM pg_class WHERE relname = 'spend_logs_20270510'`,
    );
    expect(row?.bounds).toMatch(/FROM \('2027-05-10 00:00:00\+00'\) TO \('2027-05-11 00:00:00\+00'\)/);
    const count = `SELECT count(*)::int AS n FROM pg_indexes WHERE tablename =`;
    expect(await database.query(`${count} 'spend_logs_20270510'`)).toEqual(
      await database.query(`${count} 'spend_logs'`),
    );
  });

  test('by several processes at once are made once', async () => {
    await Promise.all(
      [1, 2, 3, 4].map(() =>
        new PartitionKeeper(database.url, { rows: () => null, prompts: () => null }).keep(TODAY),
      ),
    );
    expect((await partitions()).filter((name) => name === 'spend_logs_20270513')).toHaveLength(1);
  });

  test('stay for ever without a retention period', async () => {
    await keeper.keep(TODAY);
    await keeper.keep(new Date('2031-01-01'));
    expect(await partitions()).toContain('spend_logs_20270510');
  });

  test('that are older than the retention period are dropped, rows, attempts and prompts', async () => {
    await keeper.keep(TODAY);
    retentionMs = 2 * DAY_MS;
    await keeper.keep(new Date(TODAY.getTime() + 3 * DAY_MS));
    const old = (await partitions()).filter((name) => /_2027051[0-3]$/.test(name));
    expect(old).toEqual(
      ['spend_attempts', 'spend_logs', 'spend_prompts'].flatMap((table) =>
        ['11', '12', '13'].map((day) => `${table}_202705${day}`),
      ),
    );
  });

  test('of prompts are dropped after a period of their own, those of rows stay', async () => {
    await keeper.keep(TODAY);
    promptMs = 2 * DAY_MS;
    await keeper.keep(new Date(TODAY.getTime() + 3 * DAY_MS));
    const first = (await partitions()).filter((name) => name.endsWith('_20270510'));
    expect(first).toEqual(['spend_attempts_20270510', 'spend_logs_20270510']);
  });

  test('a drop that was interrupted half-way is finished', async () => {
    await keeper.keep(TODAY);
    await database.query(`UPDATE pg_inherits SET inhdetachpending = true
      WHERE inhrelid = 'spend_logs_20270510'::regclass`);
    retentionMs = DAY_MS;
    await keeper.keep(new Date(TODAY.getTime() + 5 * DAY_MS));
    expect(await partitions()).not.toContain('spend_logs_20270510');
  });
});

describe('hourly totals', () => {
  test('are forgotten after two months, those for all time never', async () => {
    await database.query(`INSERT INTO spend_totals VALUES ('key:a', '-infinity', 3, 3),
      ('key:a', now() - interval '63 days', 1, 1), ('key:a', now() - interval '61 days', 2, 2)`);
    await keeper.keep();
    expect(await database.query('SELECT spent_pico_usd::int AS spent FROM spend_totals ORDER BY 1')).toEqual([
      { spent: 2 },
      { spent: 3 },
    ]);
  });
});
