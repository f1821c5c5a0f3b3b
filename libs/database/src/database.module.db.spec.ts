import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestApplicationContextOptions } from '@nestjs/common/interfaces/nest-application-context-options.interface.js';
import { NestFactory } from '@nestjs/core';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { UnavailableError } from '@app/call';
import { Column, DataSource, Entity, PrimaryColumn, Repository, type QueryRunner } from 'typeorm';
import { unavailableFrom } from './connection-failure.js';
import { DatabaseStartError } from './database-start.error.js';
import { DatabaseModule } from './database.module.js';
import { type DatabaseModuleOptions, DatabaseService } from './database.service.js';
import { aLinkTo, aTestDatabase, type DatabaseLink, type TestDatabase } from './testing.js';

@Entity({ name: 'notes' })
class NoteEntity {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'text' })
  text!: string;
}

@Injectable()
class Notes {
  constructor(@InjectRepository(NoteEntity) readonly repository: Repository<NoteEntity>) {}
}

@Module({ imports: [TypeOrmModule.forFeature([NoteEntity])], providers: [Notes] })
class NotesModule {}

class CreateNotes1700000000001 {
  up(runner: QueryRunner): Promise<unknown> {
    return runner.query('CREATE TABLE notes (id int PRIMARY KEY, text text NOT NULL)');
  }
  down(): Promise<void> {
    return Promise.resolve();
  }
}

class BreakNotes1700000000002 {
  up(runner: QueryRunner): Promise<unknown> {
    return runner.query('ALTER TABLE nowhere ADD COLUMN x int');
  }
  down(): Promise<void> {
    return Promise.resolve();
  }
}

class AlterNotes1700000000003 {
  up(runner: QueryRunner): Promise<unknown> {
    return runner.query('ALTER TABLE notes ADD COLUMN author text');
  }
  down(): Promise<void> {
    return Promise.resolve();
  }
}

const QUIET = Object.assign(new NestApplicationContextOptions(), { logger: false, abortOnError: false });

let database: TestDatabase;
let link: DatabaseLink;
let app: INestApplicationContext | null = null;

beforeAll(async () => {
  database = await aTestDatabase({ empty: true });
});
afterEach(async () => {
  link.thaw();
  await app?.close();
  app = null;
  await link.cut();
});
afterAll(() => database.drop());

async function boot(options: Partial<DatabaseModuleOptions> = {}): Promise<INestApplicationContext> {
  const database = DatabaseModule.forRoot({
    url: link.url,
    migrations: [CreateNotes1700000000001],
    ...options,
  });
  class TestModule {}
  Module({ imports: [database, NotesModule] })(TestModule);
  app = await NestFactory.createApplicationContext(TestModule, QUIET);
  return app;
}

async function elapsedMs(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work.catch(() => undefined);
  return performance.now() - startedAt;
}

const failureOf = (work: Promise<unknown>) => work.then(() => null, unavailableFrom);

describe('with the database there', () => {
  test('repositories work as soon as the application has started', async () => {
    link = await aLinkTo(database.url);
    const { repository } = (await boot()).get(Notes);
    await repository.save({ id: 1, text: 'first' });
    expect(await repository.findOneBy({ id: 1 })).toEqual({ id: 1, text: 'first' });
  });

  test('a broken migration stops the boot and is named by what is wrong', async () => {
    link = await aLinkTo(database.url);
    const broken = boot({ migrations: [CreateNotes1700000000001, BreakNotes1700000000002] });
    const error = await broken.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseStartError);
    expect(String(error)).toContain('The database cannot be used: relation "nowhere" does not exist.');
  });

  test('a wrong password stops the boot', async () => {
    link = await aLinkTo(database.url);
    const url = new URL(link.url);
    url.password = 'wrong';
    await expect(boot({ url: url.href })).rejects.toThrow('password authentication failed');
  });

  test('ping tells how long a round trip takes', async () => {
    link = await aLinkTo(database.url);
    const { elapsedMs } = await (await boot()).get(DatabaseService).ping();
    expect(elapsedMs).toBeGreaterThan(0);
    expect(elapsedMs).toBeLessThan(1_000);
  });
});

describe('when a table is locked while a migration needs it', () => {
  test('the application starts, and is ready once the lock is gone', async () => {
    link = await aLinkTo(database.url);
    await boot();
    await app?.close();
    const reader = (await database.dataSource([])).createQueryRunner();
    await reader.startTransaction();
    await reader.query('SELECT * FROM notes');
    const context = await boot({ migrations: [CreateNotes1700000000001, AlterNotes1700000000003] });
    expect(context.get(DatabaseService).ready).toBe(false);
    await reader.rollbackTransaction();
    await reader.release();
    await context.get(DatabaseService).whenReady();
    expect(context.get(DatabaseService).ready).toBe(true);
  });
});

describe('when the database is away at boot', () => {
  test('the application starts, and is not ready', async () => {
    link = await aLinkTo(database.url);
    await link.cut();
    const service = (await boot()).get(DatabaseService);
    expect(service.ready).toBe(false);
  });

  test('a query fails at once as unavailable', async () => {
    link = await aLinkTo(database.url);
    await link.cut();
    const { repository } = (await boot()).get(Notes);
    const startedAt = performance.now();
    expect(await failureOf(repository.findOneBy({ id: 1 }))).toBeInstanceOf(UnavailableError);
    expect(performance.now() - startedAt).toBeLessThan(300);
  });

  test('it becomes ready within two seconds of the database, migrated, and its repositories work', async () => {
    link = await aLinkTo(database.url);
    await link.cut();
    const context = await boot();
    await link.open();
    expect(await elapsedMs(context.get(DatabaseService).whenReady())).toBeLessThan(2_000);
    expect(await context.get(Notes).repository.count()).toBeGreaterThanOrEqual(0);
  });

  test('a database that accepts and says nothing does not hold the boot', async () => {
    link = await aLinkTo(database.url);
    link.freeze();
    expect(await elapsedMs(boot())).toBeLessThan(1_500);
    expect(app?.get(DatabaseService).ready).toBe(false);
  });

  test('it can be closed while it still tries', async () => {
    link = await aLinkTo(database.url);
    link.freeze();
    const context = await boot();
    app = null;
    expect(await elapsedMs(context.close())).toBeLessThan(1_500);
  });
});

describe('when the database fails later', () => {
  test('each query on a frozen database gives up within a second and a half', async () => {
    link = await aLinkTo(database.url);
    const { repository } = (await boot()).get(Notes);
    await repository.count();
    link.freeze();
    const startedAt = performance.now();
    const failures = await Promise.all(Array.from({ length: 20 }, () => failureOf(repository.count())));
    expect(failures.every((failure) => failure instanceof UnavailableError)).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  test('it answers again at once when the database thaws', async () => {
    link = await aLinkTo(database.url);
    const { repository } = (await boot()).get(Notes);
    link.freeze();
    await failureOf(repository.count());
    link.thaw();
    expect(await elapsedMs(repository.count())).toBeLessThan(500);
    await expect(repository.count()).resolves.toBeGreaterThanOrEqual(0);
  });

  test('a connection on which a query timed out is not used again', async () => {
    link = await aLinkTo(database.url);
    const source = (await boot({ poolSize: 4 })).get(DataSource);
    const backend = () => source.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
    const before = await backend();
    link.freeze();
    await failureOf(source.query('SELECT 1'));
    link.thaw();
    expect(await backend()).not.toEqual(before);
  });

  test('a statement that is merely slow is cancelled by the server and keeps its connection', async () => {
    link = await aLinkTo(database.url);
    const source = (await boot({ poolSize: 4, queryTimeoutMs: 500 })).get(DataSource);
    const backend = () => source.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
    const before = await backend();
    expect(await failureOf(source.query('SELECT pg_sleep(5)'))).toBeInstanceOf(UnavailableError);
    expect(await backend()).toEqual(before);
  });

  test('a burst never opens more connections than configured, and waits at most half a second', async () => {
    link = await aLinkTo(database.url);
    const source = (await boot({ poolSize: 6, queryTimeoutMs: 3_000 })).get(DataSource);
    const waits = Array.from({ length: 200 }, async () => {
      const startedAt = performance.now();
      const failure = await failureOf(source.query('SELECT pg_sleep(1)'));
      return { failure, waitedMs: performance.now() - startedAt };
    });
    const [row] = await database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name LIKE 'gateway%' AND datname = current_database()`,
    );
    const refused = (await Promise.all(waits)).filter(({ failure }) => failure !== null);
    expect(row?.count).toBeLessThanOrEqual(6);
    expect(refused.length).toBeGreaterThan(190);
    expect(Math.max(...refused.map(({ waitedMs }) => waitedMs))).toBeLessThan(1_200);
  });

  test('a transaction with a longer deadline may take longer than the pool allows', async () => {
    link = await aLinkTo(database.url);
    const service = (await boot({ queryTimeoutMs: 300 })).get(DatabaseService);
    const slow = service.transaction(5_000, (manager) => manager.query('SELECT pg_sleep(0.6)'));
    await expect(slow).resolves.toBeDefined();
  });

  test('the longer deadline does not stay on the connection', async () => {
    link = await aLinkTo(database.url);
    const context = await boot({ poolSize: 4, queryTimeoutMs: 300 });
    await context.get(DatabaseService).transaction(5_000, (manager) => manager.query('SELECT 1'));
    const slow = context.get(DataSource).query('SELECT pg_sleep(3)');
    expect(await failureOf(slow)).toBeInstanceOf(UnavailableError);
  });

  test('a transaction that throws is rolled back', async () => {
    link = await aLinkTo(database.url);
    const context = await boot();
    const work = context.get(DatabaseService).transaction(1_000, async (manager) => {
      await manager.insert(NoteEntity, { id: 77, text: 'never' });
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await context.get(Notes).repository.findOneBy({ id: 77 })).toBeNull();
  });

  test('a frozen database does not hold the shutdown', async () => {
    link = await aLinkTo(database.url);
    const context = await boot();
    await context.get(Notes).repository.count();
    link.freeze();
    app = null;
    expect(await elapsedMs(context.close())).toBeLessThan(1_500);
  });
});
