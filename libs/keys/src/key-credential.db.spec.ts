import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashKey } from './key-hash.js';
import { anOwnKeysServer, type OwnKeysServer, ProbeController } from './testing.js';

let server: OwnKeysServer;

beforeAll(async () => {
  server = await anOwnKeysServer();
});
afterAll(() => server.close());

describe('one credential', () => {
  test('is the same in every slot', async () => {
    const key = await server.mint();
    for (const header of [
      'x-api-key',
      'api-key',
      'x-goog-api-key',
      'x-litellm-api-key',
      'Ocp-Apim-Subscription-Key',
    ]) {
      expect(await server.raw('GET /probe/inference', [header, key])).toMatchObject({
        status: 200,
        text: expect.stringContaining(hashKey(key)),
      });
    }
  });

  test('a virtual key and the master key together are refused, in both orders', async () => {
    const key = await server.mint();
    const pair = ['Authorization', `Bearer ${key}`, 'x-api-key', server.masterKey];
    expect((await server.raw('GET /probe/admin', pair)).status).toBe(400);
    expect((await server.raw('GET /probe/admin', [...pair.slice(2), ...pair.slice(0, 2)])).status).toBe(400);
  });

  test('two Authorization headers are refused, valid first or last', async () => {
    const [good, bad] = [`Bearer ${server.masterKey}`, 'Bearer sk-bad'];
    expect((await server.raw('GET /probe/admin', ['Authorization', good, 'Authorization', bad])).status).toBe(
      400,
    );
    expect((await server.raw('GET /probe/admin', ['Authorization', bad, 'Authorization', good])).status).toBe(
      400,
    );
  });

  test('in the query string is refused', async () => {
    const key = await server.mint();
    const anonymous = await server.raw(`GET /probe/inference?key=${key}`, []);
    expect(anonymous.status).toBe(401);
    expect(anonymous.text).toContain('query string');
    expect(anonymous.text).not.toContain(key);
    expect((await server.raw(`GET /probe/inference?a=b&key=${key}`, ['x-api-key', key])).status).toBe(400);
    expect((await server.raw(`GET /probe/inference?access_token=${key}`, [])).status).toBe(401);
  });

  test('its stored hash is not a credential', async () => {
    const hash = hashKey(await server.mint());
    for (const credential of [hash, `sk-${hash}`, hash.toUpperCase()]) {
      expect((await server.send('GET /probe/inference', { key: credential })).status).toBe(401);
    }
    expect((await server.send('GET /probe/admin', { key: hashKey(server.masterKey) })).status).toBe(401);
  });

  test.each([
    [''],
    ['Bearer'],
    ['Bearer '],
    ['Basic'],
    ["Bearer ' OR '1'='1"],
    ["Bearer sk-'; SELECT pg_sleep(5)--"],
    [`Bearer sk-${'x'.repeat(12_000)}`],
    ['Bearer sk-\u00ab quoted \u00bb'],
  ])('Authorization: %j is refused quickly', async (value) => {
    const start = performance.now();
    const { status } = await server.raw('GET /probe/inference', ['Authorization', value]);
    expect(status).toBe(401);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('the handler of an admin route', () => {
  test('does not run for HEAD, an overridden method, another spelling or a trailing slash', async () => {
    const key = await server.mint();
    ProbeController.adminRuns = 0;
    const tries = [
      await server.raw('HEAD /probe/admin', []),
      await server.raw('HEAD /probe/admin', ['Authorization', `Bearer ${key}`]),
      await server.raw('HEAD /probe/admin', [
        'X-HTTP-Method-Override',
        'GET',
        'Authorization',
        `Bearer ${key}`,
      ]),
      await server.raw('GET /PROBE/ADMIN', ['Authorization', `Bearer ${key}`]),
      await server.raw('GET /probe/admin/', ['Authorization', `Bearer ${key}`]),
      await server.raw('GET /probe/admin?x=/probe/public', ['Authorization', `Bearer ${key}`]),
      await server.raw('GET /probe/%61dmin', ['Authorization', `Bearer ${key}`]),
    ];
    expect(ProbeController.adminRuns).toBe(0);
    expect(tries.every(({ status }) => status >= 400)).toBe(true);
  });
});
