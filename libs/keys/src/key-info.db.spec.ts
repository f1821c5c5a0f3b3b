import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashKey } from './key-hash.js';
import { anOwnKeysServer, type KeyInfo, type OwnKeysServer } from './testing.js';

let server: OwnKeysServer;

beforeAll(async () => {
  server = await anOwnKeysServer();
});
afterAll(() => server.close());

describe('GET /key/info', () => {
  test('shows a key by its credential and by its hash, without its hash as a column', async () => {
    const { body } = await server.generate({ models: ['gpt-4'] });
    for (const identifier of [body.key, body.token]) {
      const answer = await server.info(`?key=${identifier}`);
      expect(answer.body.key).toBe(identifier);
      expect(answer.body.info).toMatchObject({ models: ['gpt-4'], spend: 0 });
      expect(answer.body.info).not.toHaveProperty('token');
      expect(answer.body.info).not.toHaveProperty('key');
    }
  });

  test('without a key shows the caller his own', async () => {
    const { body } = await server.generate({ key_alias: `self-${Date.now()}` });
    const answer = await server.info('', body.key);
    expect(answer).toMatchObject({
      status: 200,
      body: { key: body.token, info: { key_alias: body['key_alias'] } },
    });
  });

  test('under the master key without a key is 404: it has no row', async () => {
    expect(await server.info()).toMatchObject({ status: 404, body: { error: { type: 'not_found_error' } } });
  });

  test('a plain key sees keys of its own user', async () => {
    const [mine, other] = [
      await server.generate({ user_id: 'ann' }),
      await server.generate({ user_id: 'ann' }),
    ];
    expect((await server.info(`?key=${other.body.token}`, mine.body.key)).status).toBe(200);
  });

  test.each([
    ['another user', { user_id: 'bob', key_alias: 'bobs-secret-alias' }],
    ['no user', { key_alias: 'nobodys-secret-alias' }],
  ])('a key of %s answers a plain key exactly as one that does not exist', async (_, owner) => {
    const mine = await server.generate({ user_id: null });
    const foreign = await server.generate(owner);
    const [there, nowhere] = [
      await server.info(`?key=${foreign.body.token}`, mine.body.key),
      await server.info(`?key=${hashKey('sk-nobody')}`, mine.body.key),
    ];
    expect(there.status).toBe(404);
    expect(there.body).toEqual(nowhere.body);
  });

  test.each(['?key=', '?key=nonsense', '?key=%00', "?key=' OR 1=1", `?key=${'x'.repeat(5000)}`])(
    '%.30s is 404',
    async (query) => {
      expect((await server.info(query)).status).toBe(404);
    },
  );

  test('two keys at once are refused', async () => {
    expect((await server.info('?key=a&key=b')).status).toBe(400);
  });

  test('shows what was spent, to the last digit that a number can hold', async () => {
    const { body } = await server.generate();
    await server.database.query(
      `INSERT INTO spend_totals (scope, window_start, spent_pico_usd, requests) VALUES ($1, '-infinity', 37500001, 1)`,
      [`key:${body.token}`],
    );
    const twin = await server.twin();
    try {
      const answer = await twin.send<KeyInfo>(`GET /key/info?key=${body.token}`);
      expect(answer.body.info['spend']).toBe(0.000037500001);
    } finally {
      await twin.close();
    }
  });
});
