import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { DataSource } from 'typeorm';
import { NO_USAGE } from '@app/call';
import { PostgresAnswers } from './postgres-answers.js';

let database: TestDatabase;
let source: DataSource;

beforeAll(async () => {
  database = await aTestDatabase();
  source = await new DataSource({ type: 'postgres', url: database.url }).initialize();
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const answer = (body: Buffer, ttlMs = 60_000) => ({
  body,
  contentType: 'application/json',
  facts: { responseId: null, usage: { ...NO_USAGE, promptTokens: 7 }, deploymentId: 'd' },
  storedAtMs: Date.now(),
  expiresAtMs: Date.now() + ttlMs,
});
const keyOf = (count: number): string => count.toString(16).padStart(64, '0');
const count = async (): Promise<number> =>
  Number((await source.query<{ count: string }[]>('SELECT count(*) FROM kept_answers'))[0]?.count);
async function written(wanted: number): Promise<void> {
  while ((await count()) < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('comes back as it was, until it expires; a sweep takes out what has expired and what is too much', async () => {
  const store = new PostgresAnswers(source, 20_000);
  const kept = answer(Buffer.from([0, 1, 255, 10]));
  store.set(keyOf(1), kept);
  store.set(keyOf(2), answer(Buffer.from('late'), -1_000));
  await written(2);
  expect(await store.get(keyOf(1))).toEqual(kept);
  expect(await store.get(keyOf(2))).toBeNull();
  for (let at = 10; at < 20; at += 1) store.set(keyOf(at), answer(Buffer.alloc(4_000, 'a'), 60_000 + at));
  await written(12);
  // A slow database is left alone for a while, and then asked again.
  while ((await count()) > 4) {
    await store.sweep();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(await count()).toBe(4);
  expect(await store.get(keyOf(19))).not.toBeNull();
  expect(await store.get(keyOf(1))).toBeNull();
  store.close();
});

test('a database that hangs or fails means that there is no answer, soon, and is left alone for a while', async () => {
  let asked = 0;
  const hanging = new PostgresAnswers(
    {
      query: <T>() => {
        asked += 1;
        return new Promise<T>(() => undefined);
      },
    },
    1_000,
  );
  const startedAt = performance.now();
  expect(await hanging.get(keyOf(1))).toBeNull();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  hanging.set(keyOf(1), answer(Buffer.from('x')));
  expect([await hanging.get(keyOf(1)), asked]).toEqual([null, 1]);
  hanging.close();
});
