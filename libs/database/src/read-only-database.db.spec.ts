import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource, type QueryRunner } from 'typeorm';
import { UnavailableError } from '@app/call';
import { isConnectionFailure, unavailableFrom } from './connection-failure.js';
import { DatabaseModule } from './database.module.js';
import { DatabaseService } from './database.service.js';
import { aTestDatabase, type TestDatabase } from './testing.js';

class CreateNotes1700000000001 {
  up(runner: QueryRunner): Promise<unknown> {
    return runner.query('CREATE TABLE notes (id int)');
  }
  down(): Promise<void> {
    return Promise.resolve();
  }
}

let database: TestDatabase;
/** Where to change settings of `database` from while it takes no writes. */
let elsewhere: TestDatabase;
let app: INestApplicationContext;

beforeEach(async () => {
  Logger.overrideLogger(false);
  [database, elsewhere] = await Promise.all([aTestDatabase({ empty: true }), aTestDatabase({ empty: true })]);
});
afterEach(async () => {
  await app.close();
  await Promise.all([database.drop(), elsewhere.drop()]);
});

async function boot(): Promise<void> {
  const module = DatabaseModule.forRoot({ url: database.url, migrations: [CreateNotes1700000000001] });
  app = await NestFactory.createApplicationContext(module);
}

/** As after a failover to a standby: the connections break, and the new ones cannot write. */
async function setReadOnly(value: 'on' | 'off'): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  await elsewhere.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`);
  await elsewhere.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
}

/** The pool may hold several broken connections: each costs a query, then it is replaced. */
async function afterReconnecting(sql: string): Promise<unknown> {
  for (;;) {
    try {
      return await app.get(DataSource).query(sql);
    } catch (error) {
      if (!isConnectionFailure(error)) throw error;
    }
  }
}

describe('a database that became read-only', () => {
  test('still answers reads', async () => {
    await boot();
    await setReadOnly('on');
    await expect(afterReconnecting('SELECT * FROM notes')).resolves.toEqual([]);
  });

  test('makes writes unavailable', async () => {
    await boot();
    await setReadOnly('on');
    const failure = await afterReconnecting('INSERT INTO notes VALUES (1)').then(() => null, unavailableFrom);
    expect(failure).toBeInstanceOf(UnavailableError);
  });

  test('takes writes again by itself once it is writable', async () => {
    await boot();
    await setReadOnly('on');
    await afterReconnecting('INSERT INTO notes VALUES (1)').catch(() => undefined);
    await setReadOnly('off');
    await expect(afterReconnecting('INSERT INTO notes VALUES (1)')).resolves.toBeDefined();
  });

  test('with migrations to run lets the application start, and become ready once it is writable', async () => {
    await setReadOnly('on');
    await boot();
    expect(app.get(DatabaseService).ready).toBe(false);
    await setReadOnly('off');
    await app.get(DatabaseService).whenReady();
    await expect(afterReconnecting('INSERT INTO notes VALUES (1)')).resolves.toBeDefined();
  });
});
