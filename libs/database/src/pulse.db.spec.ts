import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { Pulse } from './pulse.js';
import { aTestDatabase, type TestDatabase } from './testing.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await aTestDatabase({ empty: true });
  client = new pg.Client(database.url);
  await client.connect();
  await client.query('CREATE TABLE signs (name text PRIMARY KEY)');
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

beforeEach(() => client.query('TRUNCATE signs'));

describe('a pulse', () => {
  test('carries what everybody asks in one statement, and what is to be done along with it', async () => {
    const pulse = new Pulse();
    const heard: unknown[] = [];
    pulse.ask({ sql: 'SELECT 41 + 1', hear: (answer) => heard.push(answer) });
    pulse.ask({
      along: `INSERT INTO signs VALUES ('a')`,
      sql: 'SELECT count(*) FROM signs',
      hear: (answer) => heard.push(answer),
    });
    const sent = jest.spyOn(client, 'query');
    await pulse.beat(client);
    expect(sent).toHaveBeenCalledTimes(1);
    sent.mockRestore();
    expect(heard).toEqual(['42', '0']);
    expect(pulse.isBeating).toBe(true);
  });

  test('asks no more for those who have left, and lives without any', async () => {
    const pulse = new Pulse();
    const heard: unknown[] = [];
    pulse.ask({ sql: 'SELECT 1', hear: (answer) => heard.push(answer) })();
    await pulse.beat(client);
    expect(heard).toEqual([]);
    expect(pulse.isBeating).toBe(true);
  });

  test('goes on where PostgreSQL may only be read, and says that nothing is heard', async () => {
    const pulse = new Pulse();
    let stops = 0;
    pulse.onStop(() => (stops += 1));
    pulse.ask({ along: `INSERT INTO signs VALUES ('b')`, sql: 'SELECT 1', hear: () => undefined });
    await pulse.beat(client);
    await client.query('SET default_transaction_read_only = on');
    await pulse.beat(client);
    expect([pulse.isBeating, stops]).toEqual([false, 1]);
    await client.query('SET default_transaction_read_only = off');
    await client.query('TRUNCATE signs');
    await pulse.beat(client);
    expect([pulse.isBeating, stops]).toEqual([true, 1]);
  });

  test('survives somebody who does not understand the answer', async () => {
    const pulse = new Pulse();
    const heard: unknown[] = [];
    pulse.ask({
      sql: 'SELECT 1',
      hear: () => {
        throw new Error('careless');
      },
    });
    pulse.ask({ sql: 'SELECT NULL', hear: (answer) => heard.push(answer) });
    await pulse.beat(client);
    expect(heard).toEqual([null]);
  });

  test('throws when the connection is gone', async () => {
    const pulse = new Pulse();
    const lost = new pg.Client(database.url);
    await lost.connect();
    await lost.end();
    await expect(pulse.beat(lost)).rejects.toThrow();
    expect(pulse.isBeating).toBe(false);
  });
});
