import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { SpendConnection } from './spend-connection.js';

let database: TestDatabase;
let connection: SpendConnection;

const show = (name: string) =>
  connection.run(
    async (client) => (await client.query<Record<string, string>>(`SHOW ${name}`)).rows[0]?.[name],
  );

beforeEach(async () => {
  database = await aTestDatabase();
  connection = new SpendConnection(database.url);
});
afterEach(async () => {
  await connection.close();
  await database.drop();
});

describe('the connection that writes money', () => {
  test('waits for the disk of the server, whatever the server does by default', async () => {
    expect(await show('synchronous_commit')).toBe('on');
  });

  test('does one piece of work after another', async () => {
    const order: string[] = [];
    const work = (name: string, ms: number) =>
      connection.run(async (client) => {
        order.push(`${name} begins`);
        await client.query('SELECT pg_sleep($1)', [ms / 1000]);
        order.push(`${name} ends`);
      });
    await Promise.all([work('a', 30), work('b', 1), work('c', 1)]);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  test('a piece of work that fails does not hold up the next', async () => {
    const failing = connection.run((client) => client.query('SELECT 1 / 0'));
    const next = connection.run(() => Promise.resolve('done'));
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(await next).toBe('done');
    expect(connection.isReachable).toBe(true);
  });

  test('is made anew after the server has ended it, under another epoch', async () => {
    await show('port');
    const before = connection.epoch;
    await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gateway-spend'
      AND datname = current_database()`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(connection.isReachable).toBe(false);
    await show('port');
    expect(connection.isReachable).toBe(true);
    expect(connection.epoch).toBe(before + 1);
  });

  test('says 503 when nobody answers, and nothing about where', async () => {
    const nowhere = new SpendConnection('postgres://someone:secret@127.0.0.1:9/none');
    const failure = nowhere.run(() => Promise.resolve()).catch((error: unknown) => error as Error);
    expect(await failure).toMatchObject({ status: 503 });
    expect(((await failure) as Error).message).not.toMatch(/127|secret|someone/);
    expect(nowhere.isReachable).toBe(false);
  });
});
