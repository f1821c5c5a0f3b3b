import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type QueryRunner } from 'typeorm';
import { type MigrationClass, runMigrations } from './run-migrations.js';
import { aProcess, aTestDatabase, type TestDatabase } from './testing.js';

const RUNNER = new URL('./run-migrations.ts', import.meta.url).href;

/** A migration of one statement; TypeORM reads the timestamp off the class name. */
function aMigration(name: string, sql: string, transaction?: boolean): MigrationClass {
  const migration = class {
    name = name;
    transaction = transaction;
    up(runner: QueryRunner): Promise<unknown> {
      return runner.query(sql);
    }
    down(): Promise<void> {
      return Promise.resolve();
    }
  };
  return migration as unknown as MigrationClass;
}

/** A replica that boots: a process of its own which runs `statements`, one migration each, and says their names. */
function aReplica(url: string, statements: readonly string[]) {
  return aProcess(`
    import { runMigrations } from ${JSON.stringify(RUNNER)};
    import { Logger } from '@nestjs/common';
    Logger.overrideLogger(false);
    const migrations = ${JSON.stringify(statements)}.map((sql, index) => class {
      name = 'Step' + (1700000000000 + index);
      up(runner) { return runner.query(sql); }
    });
    console.log(JSON.stringify(await runMigrations({ url: ${JSON.stringify(url)}, migrations })));`);
}

const namesFrom = async (replica: { said: Promise<string> }) => JSON.parse(await replica.said) as string[];

describe('runMigrations', () => {
  let database: TestDatabase;
  const tables = async () =>
    (
      await database.query<{ name: string }>(
        `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations' ORDER BY 1`,
      )
    ).map(({ name }) => name);

  beforeEach(async () => {
    Logger.overrideLogger(false);
    database = await aTestDatabase({ empty: true });
  });
  afterEach(() => database.drop());

  test('runs in the order of the timestamps, whatever the order of the list', async () => {
    const run = await runMigrations({
      url: database.url,
      migrations: [
        aMigration('Second1700000000002', 'ALTER TABLE one RENAME TO two'),
        aMigration('First1700000000001', 'CREATE TABLE one (id int)'),
      ],
    });
    expect(run).toEqual(['First1700000000001', 'Second1700000000002']);
    expect(await tables()).toEqual(['two']);
  });

  test('a second run finds nothing to do', async () => {
    const migrations = [aMigration('One1700000000001', 'CREATE TABLE one (id int)')];
    await runMigrations({ url: database.url, migrations });
    expect(await runMigrations({ url: database.url, migrations })).toEqual([]);
  });

  test('of four replicas that boot together one runs each migration, once', async () => {
    const statements = [
      'CREATE TABLE one (id int)',
      'INSERT INTO one SELECT 1 FROM pg_sleep(0.3)',
      'INSERT INTO one VALUES (2)',
    ];
    const replicas = Array.from({ length: 4 }, () => aReplica(database.url, statements));
    const answers = await Promise.all(replicas.map(namesFrom));
    expect(answers.map((names) => names.length).sort()).toEqual([0, 0, 0, 3]);
    expect(await database.query('SELECT id FROM one ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test('a replica killed in the middle leaves nothing half-applied, and the next one goes on', async () => {
    const unlucky = aReplica(database.url, [
      'CREATE TABLE whole (id int)',
      'CREATE TABLE half (id int); SELECT pg_sleep(60)',
    ]);
    while (!(await tables()).includes('whole') || !(await isAsleep(database))) await sleep(20);
    unlucky.child.kill('SIGKILL');
    const next = aReplica(database.url, ['CREATE TABLE whole (id int)', 'CREATE TABLE half (id int)']);
    expect(await namesFrom(next)).toEqual(['Step1700000000001']);
    expect(await tables()).toEqual(['half', 'whole']);
  });

  test('a failing migration keeps those before it and rolls itself back', async () => {
    const migrations = [
      aMigration('Good1700000000001', 'CREATE TABLE good (id int)'),
      aMigration('Bad1700000000002', 'CREATE TABLE bad (id int); SELECT 1/0'),
    ];
    await expect(runMigrations({ url: database.url, migrations })).rejects.toThrow('division by zero');
    expect(await tables()).toEqual(['good']);
  });

  test('a lock on the table makes it give up, so that queries do not queue behind it', async () => {
    await database.query('CREATE TABLE busy (id int)');
    const source = await database.dataSource([]);
    const reader = source.createQueryRunner();
    await reader.startTransaction();
    await reader.query('SELECT * FROM busy');
    const migrations = [aMigration('Alter1700000000001', 'ALTER TABLE busy ADD COLUMN name text')];
    await expect(runMigrations({ url: database.url, migrations })).rejects.toThrow('lock timeout');
    await reader.release();
  });

  test('an abort ends the migration that runs and rolls it back', async () => {
    const stop = new AbortController();
    const migrations = [aMigration('Slow1700000000001', 'CREATE TABLE slow (id int); SELECT pg_sleep(60)')];
    const run = runMigrations({ url: database.url, migrations, signal: stop.signal });
    run.catch(() => undefined);
    while (!(await isAsleep(database))) await sleep(20);
    stop.abort();
    await expect(run).rejects.toThrow();
    expect(await tables()).toEqual([]);
  });

  test('a replica that waits for its turn does not block an index that is built concurrently', async () => {
    await database.query('CREATE TABLE big AS SELECT generate_series(1, 1000) AS id');
    const index = aMigration('Index1700000000001', 'CREATE INDEX CONCURRENTLY big_id ON big (id)', false);
    const runs = [1, 2, 3].map(() => runMigrations({ url: database.url, migrations: [index] }));
    expect((await Promise.all(runs)).flat()).toEqual(['Index1700000000001']);
  });

  test('a read-only database with nothing pending is fine', async () => {
    const migrations = [aMigration('One1700000000001', 'CREATE TABLE one (id int)')];
    await runMigrations({ url: database.url, migrations });
    const [row] = await database.query<{ name: string }>('SELECT current_database() AS name');
    await database.query(`ALTER DATABASE ${row?.name ?? ''} SET default_transaction_read_only = on`);
    expect(await runMigrations({ url: database.url, migrations })).toEqual([]);
  });
});

async function isAsleep(database: TestDatabase): Promise<boolean> {
  const rows = await database.query(
    `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`,
  );
  return rows.length > 0;
}
