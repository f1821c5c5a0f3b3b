import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PrincipalChanges, UsersModule } from '@app/users';
import { DatabaseModule, NotificationService, Pulse } from '@app/database';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { KeyChanges } from './key-changes.js';
import { KeyEntity } from './key.entity.js';
import { hashKey } from './key-hash.js';
import { KeyReader } from './key-reader.js';
import { KeySnapshots } from './key-snapshots.js';
import { aKey } from './testing.js';

/** The next sign of life is up to 6 seconds away: what is known earlier came by notification. */
const BEFORE_POLL_MS = 3000;

let database: TestDatabase;
const apps: INestApplicationContext[] = [];

/** One replica: its own pool, its own ear, its own memory. */
async function aReplica(): Promise<{
  changes: KeyChanges;
  snapshots: KeySnapshots;
  principals: PrincipalChanges;
  notifications: NotificationService;
}> {
  @Module({
    imports: [
      DatabaseModule.forRoot({ url: database.url, migrations: [] }),
      TypeOrmModule.forFeature([KeyEntity]),
      UsersModule,
    ],
    providers: [KeyChanges, KeyReader, KeySnapshots],
  })
  class ReplicaModule {}
  const silent = { logger: false } as const;
  const app = await NestFactory.createApplicationContext(ReplicaModule, silent);
  apps.push(app);
  return {
    changes: app.get(KeyChanges),
    snapshots: app.get(KeySnapshots),
    principals: app.get(PrincipalChanges),
    notifications: app.get(NotificationService),
  };
}

/** Notifications of which none arrives. */
const silence = (pulse = new Pulse()): NotificationService =>
  ({
    listen: () => () => undefined,
    onReconnect: () => () => undefined,
    pulse,
  }) as unknown as NotificationService;

type Replica = Awaited<ReturnType<typeof aReplica>>;

async function store({ changes, snapshots }: Replica, key: KeyEntity): Promise<void> {
  const written = await changes.write(async (manager, version) => {
    key.version = String(version);
    await manager.save(KeyEntity, key);
    return [{ hash: key.hash }];
  });
  for (const found of written) snapshots.file(found);
}

async function remove({ changes, snapshots }: Replica, hash: string): Promise<void> {
  const written = await changes.write(async (manager) => {
    await manager.delete(KeyEntity, { hash });
    return [{ hash }];
  });
  for (const found of written) snapshots.file(found);
}

async function until(condition: () => boolean, withinMs: number): Promise<number> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > withinMs) throw new Error(`not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return performance.now() - start;
}

/** From then on a flood is answered from memory. */
async function prefixesAreLoaded(snapshots: KeySnapshots): Promise<void> {
  await until(() => snapshots.isFollowing, 5000);
}

beforeAll(async () => {
  database = await aTestDatabase();
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});
afterAll(() => database.drop());

describe('a key', () => {
  test('that was stored is known here at once and elsewhere long before the next poll', async () => {
    const [here, there] = [await aReplica(), await aReplica()];
    // What stood in the table before a replica's first look is looked up when it is used.
    await prefixesAreLoaded(there.snapshots);
    const key = aKey();
    await store(here, key);
    expect(here.snapshots.recall(key.hash, Date.now())?.caller.keyHash).toBe(key.hash);
    await until(() => there.snapshots.recall(key.hash, Date.now()) !== undefined, BEFORE_POLL_MS);
  });

  test('that was blocked or deleted elsewhere is so here long before the next poll', async () => {
    const [here, there] = [await aReplica(), await aReplica()];
    const [blocked, deleted] = [aKey(), aKey()];
    await store(here, blocked);
    await store(here, deleted);
    await there.snapshots.find(blocked.hash);
    await there.snapshots.find(deleted.hash);
    await store(here, Object.assign(blocked, { blocked: true }));
    await remove(here, deleted.hash);
    await until(() => there.snapshots.recall(blocked.hash, Date.now())?.blockedBy === 'key', BEFORE_POLL_MS);
    await until(() => there.snapshots.recall(deleted.hash, Date.now()) === undefined, BEFORE_POLL_MS);
    expect(there.snapshots.isUnknown(deleted.hash, Date.now())).toBe(true);
  });

  test('that was stored before the process began is found', async () => {
    const key = aKey({
      models: ['gpt-4'],
      maxBudgetUsd: '0.000000000001',
      metadata: { tags: ['a', 7, 'b'] },
    });
    await store(await aReplica(), key);
    const later = await aReplica();
    const found = await later.snapshots.find(key.hash);
    expect(found?.caller).toMatchObject({
      models: ['gpt-4'],
      maxBudgetPicoUsd: 1n,
      tags: ['a', 'b'],
      kind: 'key',
    });
  });

  test('that nobody made is null, and then known to be unknown', async () => {
    const { snapshots } = await aReplica();
    const hash = hashKey('sk-nobody');
    expect(await snapshots.find(hash)).toBeNull();
    expect(snapshots.isUnknown(hash, Date.now())).toBe(true);
  });

  test('that was asked for before it was made is known as soon as it is', async () => {
    const [here, there] = [await aReplica(), await aReplica()];
    const key = aKey();
    expect(await there.snapshots.find(key.hash)).toBeNull();
    await store(here, key);
    await until(() => there.snapshots.recall(key.hash, Date.now()) !== undefined, BEFORE_POLL_MS);
  });

  test('that was edited by hand is noticed after its minute', async () => {
    const { snapshots } = await aReplica();
    await prefixesAreLoaded(snapshots);
    const key = aKey();
    await database.query(
      `INSERT INTO virtual_keys (hash, key_name, version, created_by, updated_by) VALUES ($1, 'sk-...hand', 0, 'dba', 'dba')`,
      [key.hash],
    );
    await snapshots.find(key.hash);
    await database.query('UPDATE virtual_keys SET blocked = true WHERE hash = $1', [key.hash]);
    expect(snapshots.recall(key.hash, Date.now())?.blockedBy).toBeNull();
    expect(snapshots.recall(key.hash, Date.now() + 61_000)?.blockedBy).toBeNull();
    await until(() => snapshots.recall(key.hash, Date.now())?.blockedBy === 'key', 1000);
  });
});

describe('a replica that missed notifications', () => {
  test.each(['poll', 'sign of life'])(
    'learns of a revocation with the next %s, within ten seconds',
    async (way) => {
      const here = await aReplica();
      const key = aKey();
      await store(here, key);
      const { changes, principals, notifications } = await aReplica();
      const deaf = new KeySnapshots(
        changes,
        silence(way === 'poll' ? new Pulse() : notifications.pulse),
        principals,
      );
      deaf.onApplicationBootstrap();
      try {
        await deaf.find(key.hash);
        await new Promise((resolve) => setTimeout(resolve, 200));
        await remove(here, key.hash);
        expect(deaf.recall(key.hash, Date.now())).toBeDefined();
        await until(() => deaf.recall(key.hash, Date.now()) === undefined, 10_000);
      } finally {
        await deaf.onApplicationShutdown();
      }
    },
  );

  test('and more changes than can be listed loads everything, and what was revoked among them is', async () => {
    const [here, there] = [await aReplica(), await aReplica()];
    const [kept, gone] = [aKey(), aKey()];
    await store(here, kept);
    await store(here, gone);
    await there.snapshots.find(kept.hash);
    await there.snapshots.find(gone.hash);
    const many = Array.from({ length: 1500 }, () => aKey());
    await here.changes.write(async (manager, version) => {
      for (const key of many) key.version = String(version);
      await manager.insert<object>(KeyEntity, many);
      await manager.delete(KeyEntity, { hash: gone.hash });
      return [gone, ...many].map(({ hash }) => ({ hash }));
    });
    await until(() => there.snapshots.recall(gone.hash, Date.now()) === undefined, 2000);
    expect(there.snapshots.recall(kept.hash, Date.now())).toBeDefined();
    for (const key of many.slice(-50)) expect(await there.snapshots.find(key.hash)).not.toBeNull();
  });
});

describe('a flood of random credentials', () => {
  test('asks the database for at most twenty of them a second, and for the list of changes at most ten times', async () => {
    const { snapshots, changes } = await aReplica();
    await prefixesAreLoaded(snapshots);
    const [looks, lists] = [jest.spyOn(changes, 'load'), jest.spyOn(changes, 'epoch')];
    const since = performance.now();
    for (let wave = 0; wave < 5; wave++) {
      const flood = Array.from({ length: 1000 }, (_, index) => hashKey(`sk-flood-${wave}-${index}`));
      const found = await Promise.all(flood.map((hash) => snapshots.find(hash)));
      expect(found.every((one) => one === null)).toBe(true);
    }
    const seconds = (performance.now() - since) / 1000;
    const looked = looks.mock.calls.reduce((sum, [hashes]) => sum + hashes.length, 0);
    expect(looked).toBeLessThanOrEqual(20 + 20 * seconds);
    expect(lists.mock.calls.length).toBeLessThanOrEqual(2 + 10 * seconds);
  });

  test('is answered from memory when it comes again', async () => {
    const { snapshots } = await aReplica();
    await prefixesAreLoaded(snapshots);
    const flood = Array.from({ length: 1000 }, (_, index) => hashKey(`sk-again-${index}`));
    await Promise.all(flood.map((hash) => snapshots.find(hash)));
    expect(flood.every((hash) => snapshots.isUnknown(hash, Date.now()))).toBe(true);
  });

  test('does not keep a key from being known that was made elsewhere this moment, told or not', async () => {
    const here = await aReplica();
    const nobody = silence();
    const { changes, principals } = await aReplica();
    const deaf = new KeySnapshots(changes, nobody, principals);
    deaf.onApplicationBootstrap();
    try {
      await prefixesAreLoaded(deaf);
      for (let index = 0; index < 100; index++) {
        const flood = Array.from({ length: 30 }, (_, at) => deaf.find(hashKey(`sk-beside-${index}-${at}`)));
        const key = aKey();
        await store(here, key);
        expect((await deaf.find(key.hash))?.hash).toBe(key.hash);
        await Promise.all(flood);
      }
    } finally {
      await deaf.onApplicationShutdown();
    }
  }, 60_000);
});

describe('changes', () => {
  test('of many writers at once are numbered without gaps in the order in which they can be seen', async () => {
    const replicas = [await aReplica(), await aReplica()];
    const watcher = await aReplica();
    const start = await watcher.changes.epoch();
    const keys = Array.from({ length: 60 }, () => aKey());
    let seen = start;
    const met = new Set<string>();
    const watch = async (): Promise<void> => {
      const epoch = await watcher.changes.epoch();
      for (const { hash } of (await watcher.changes.between(seen, epoch)) ?? []) met.add(hash);
      seen = epoch;
    };
    const writes = keys.map((key, index) => store(replicas[index % 2] as Replica, key));
    const all = Promise.all(writes).then(() => true);
    while (!(await Promise.race([all, watch().then(() => false)])));
    await watch();
    expect(met).toEqual(new Set(keys.map(({ hash }) => hash)));
    expect(seen).toBe(start + 60);
  });

  test('that were rolled back never happened', async () => {
    const { changes } = await aReplica();
    const before = await changes.epoch();
    const failing = changes.write(() => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await changes.epoch()).toBe(before);
  });

  test('of a past that is gone, or of a future, cannot be told', async () => {
    const { changes } = await aReplica();
    expect(await changes.between(0, 10_001)).toBeNull();
    expect(await changes.between(5, 4)).toBeNull();
  });
});
