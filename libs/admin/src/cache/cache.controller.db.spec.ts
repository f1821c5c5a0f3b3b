import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { AuditLog } from '@app/audit';
import { AnswerCache } from '@app/cache';
import { GatewayError, NO_USAGE } from '@app/call';
import { anActor } from '@testing/audit';
import { aCall, aCaller, aDeployment } from '@testing/call';
import { aCacheSettings, aConfigStore } from '@testing/config';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { CacheController } from './cache.controller.js';

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

const never = new Promise<never>(() => undefined);

function aServer(store: 'memory' | 'postgres' | null) {
  const config = aConfigStore({ litellm: { cache: store && aCacheSettings({ store }) } });
  const cache = new AnswerCache(config, source);
  const placeOf = (question: string) => {
    const call = aCall({ body: { model: 'gpt-4', question }, caller: aCaller({ kind: 'key' }) });
    const place = cache.placeOf(call, [aDeployment()], '');
    if (!place) throw new Error('nothing is kept');
    return place;
  };
  const isKept = async (question: string): Promise<boolean> => {
    const place = placeOf(question);
    const kept = await place.find(never);
    place.end(true);
    return kept !== null;
  };
  /** A slow database keeps nothing for a while: then it is tried again. */
  const keep = async (question: string): Promise<string> => {
    const place = placeOf(question);
    if ((await place.find(never)) === null) {
      const facts = { responseId: null, usage: NO_USAGE, deploymentId: 'd' };
      place.keep({ body: Buffer.from('{}'), contentType: 'application/json', facts });
      place.end(false);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return keep(question);
    }
    place.end(true);
    return place.key;
  };
  return { controller: new CacheController(cache, new AuditLog(config), source), isKept, keep };
}

describe.each(['memory', 'postgres'] as const)('answers kept in %s', (store) => {
  test('are forgotten one by one or all, and the audit log says who did it', async () => {
    const { controller, isKept, keep } = aServer(store);
    expect(controller.ping()).toMatchObject({ status: 'healthy', cache_type: store });
    const [first] = [await keep(`${store} one`), await keep(`${store} two`)];
    await controller.delete({ keys: [first] }, anActor());
    expect([await isKept(`${store} one`), await isKept(`${store} two`)]).toEqual([false, true]);
    await controller.flush(anActor());
    expect(await isKept(`${store} two`)).toBe(false);
    const rows = await source.query<{ action: string }[]>(
      `SELECT action FROM audit_log WHERE entity = 'cache' AND entity_id = $1 ORDER BY id`,
      [store],
    );
    expect(rows.map(({ action }) => action)).toEqual(['cache.deleted', 'cache.flushed']);
  });
});

test('where nothing is kept, asking after the cache says so with 503', async () => {
  const { controller } = aServer(null);
  expect(() => controller.ping()).toThrow(GatewayError);
  await expect(controller.flush(anActor())).rejects.toMatchObject({ status: 503 });
});
