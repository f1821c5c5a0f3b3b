import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { UnavailableError } from '@app/call';
import { once, EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { DatabaseModule } from './database.module.js';
import { NotificationService } from './notification.service.js';
import { aLinkTo, aTestDatabase, type DatabaseLink, type TestDatabase } from './testing.js';

let database: TestDatabase;
let link: DatabaseLink;
let replica: INestApplicationContext;
let notifications: NotificationService;

/** Notes what a channel brings, and lets a test wait for it. */
function aListener() {
  const heard: string[] = [];
  const arrivals = new EventEmitter();
  return {
    heard,
    handler: (payload: string) => {
      heard.push(payload);
      arrivals.emit('one');
    },
    async has(count: number) {
      while (heard.length < count) await once(arrivals, 'one');
      return heard;
    },
  };
}

async function aReplica(url: string): Promise<INestApplicationContext> {
  Logger.overrideLogger(false);
  const app = await NestFactory.createApplicationContext(DatabaseModule.forRoot({ url, migrations: [] }));
  await app.get(NotificationService).whenListening();
  return app;
}

const NOTIFYING = `FROM pg_stat_activity WHERE application_name = 'gateway-notifications' AND datname = current_database()`;

beforeAll(async () => {
  database = await aTestDatabase({ empty: true });
});
beforeEach(async () => {
  link = await aLinkTo(database.url);
  replica = await aReplica(link.url);
  notifications = replica.get(NotificationService);
});
afterEach(async () => {
  link.thaw();
  await replica.close();
  await link.cut();
});
afterAll(() => database.drop());

describe('notifications', () => {
  test('reach another replica and the sender', async () => {
    const other = await aReplica(database.url);
    const here = aListener();
    const there = aListener();
    notifications.listen('keys', here.handler);
    other.get(NotificationService).listen('keys', there.handler);
    await sleep(50);
    await notifications.notify('keys', 'abc');
    expect(await here.has(1)).toEqual(['abc']);
    expect(await there.has(1)).toEqual(['abc']);
    await other.close();
  });

  test('go to the listeners of their channel alone', async () => {
    const keys = aListener();
    const models = aListener();
    notifications.listen('keys', keys.handler);
    notifications.listen('models', models.handler);
    await sleep(50);
    await notifications.notify('models', 'm');
    await models.has(1);
    expect(keys.heard).toEqual([]);
  });

  test('stop when a listener has gone', async () => {
    const gone = aListener();
    const stays = aListener();
    const leave = notifications.listen('keys', gone.handler);
    notifications.listen('keys', stays.handler);
    await sleep(50);
    leave();
    await notifications.notify('keys', 'x');
    await stays.has(1);
    expect(gone.heard).toEqual([]);
  });

  test('leave with the commit of the transaction they belong to', async () => {
    const listener = aListener();
    notifications.listen('keys', listener.handler);
    await sleep(50);
    await replica.get(DataSource).transaction(async (manager) => {
      await notifications.notify('keys', 'inside', manager);
      await notifications.notify('keys', 'outside');
      await listener.has(1);
    });
    expect(await listener.has(2)).toEqual(['outside', 'inside']);
  });

  test('never leave when the transaction is rolled back', async () => {
    const listener = aListener();
    notifications.listen('keys', listener.handler);
    await sleep(50);
    const work = replica.get(DataSource).transaction(async (manager) => {
      await notifications.notify('keys', 'inside', manager);
      throw new Error('no');
    });
    await work.catch(() => undefined);
    await notifications.notify('keys', 'after');
    expect(await listener.has(1)).toEqual(['after']);
  });

  test('survive a handler that throws', async () => {
    const listener = aListener();
    notifications.listen('keys', () => {
      throw new Error('careless');
    });
    notifications.listen('keys', listener.handler);
    await sleep(50);
    await notifications.notify('keys', '1');
    expect(await listener.has(1)).toEqual(['1']);
  });

  test('longer than PostgreSQL takes are refused before they are sent', async () => {
    await expect(notifications.notify('keys', 'é'.repeat(4_000))).rejects.toThrow(RangeError);
    await expect(notifications.notify('keys', 'e'.repeat(7_999))).resolves.toBeUndefined();
  });

  test.each(['Keys', 'keys; DROP TABLE x', '', 'k'.repeat(60)])('refuse the channel name "%s"', (channel) => {
    expect(() => notifications.listen(channel, () => undefined)).toThrow(RangeError);
  });

  test('that cannot be sent say that the database is away', async () => {
    await link.cut();
    await expect(notifications.notify('keys', 'x')).rejects.toThrow(UnavailableError);
  });
});

describe('a lost connection', () => {
  test('ended by the server comes back within a second and a half and hears again', async () => {
    const listener = aListener();
    notifications.listen('keys', listener.handler);
    const back = new Promise<void>((resolve) => notifications.onReconnect(resolve));
    const startedAt = performance.now();
    await database.query(`SELECT pg_terminate_backend(pid) ${NOTIFYING}`);
    await back;
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    await notifications.notify('keys', 'again');
    expect(await listener.has(1)).toEqual(['again']);
  });

  test('is told to those who cache what they heard, once for each return', async () => {
    let returns = 0;
    notifications.onReconnect(() => (returns += 1));
    for (const expected of [1, 2]) {
      await database.query(`SELECT pg_terminate_backend(pid) ${NOTIFYING}`);
      while (returns < expected) await sleep(10);
    }
    await sleep(50);
    expect(returns).toBe(2);
  });

  test('that is frozen without a word is noticed within eight seconds and replaced', async () => {
    const back = new Promise<void>((resolve) => notifications.onReconnect(resolve));
    link.freeze();
    const startedAt = performance.now();
    while (notifications.listening) await sleep(20);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    link.thaw();
    await back;
    expect(notifications.listening).toBe(true);
  });

  test('does not hold the shutdown while it is being replaced', async () => {
    link.freeze();
    await database.query(`SELECT pg_terminate_backend(pid) ${NOTIFYING}`);
    await sleep(50);
    const startedAt = performance.now();
    await replica.close();
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });
});
