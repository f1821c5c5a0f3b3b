import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anOwnKeysServer, type Answer, type ErrorBody, type OwnKeysServer } from './testing.js';

let server: OwnKeysServer;

beforeAll(async () => {
  server = await anOwnKeysServer();
});
afterAll(() => server.close());

describe('POST /key/delete', () => {
  const remove = (body: unknown, key?: string): Promise<Answer<{ deleted_keys: string[] } & ErrorBody>> =>
    server.send('POST /key/delete', { body, ...(key === undefined ? {} : { key }) });

  test('deletes by credential, hash and alias and echoes what was passed', async () => {
    const alias = `gone-${Date.now()}`;
    const [one, two] = [await server.generate(), await server.generate()];
    await server.generate({ key_alias: alias });
    expect((await remove({ keys: [one.body.key, two.body.token] })).body).toEqual({
      deleted_keys: [one.body.key, two.body.token],
    });
    expect((await remove({ key_aliases: [alias] })).body).toEqual({ deleted_keys: [alias] });
  });

  test('is in force with the next request, here and on another replica', async () => {
    const twin = await server.twin();
    try {
      const { body } = await server.generate();
      expect((await server.info('', body.key)).status).toBe(200);
      expect((await twin.send('GET /key/info', { key: body.key })).status).toBe(200);
      await remove({ keys: [body.token] });
      expect((await server.info('', body.key)).status).toBe(401);
      const start = performance.now();
      while ((await twin.send('GET /key/info', { key: body.key })).status === 200) {
        expect(performance.now() - start).toBeLessThan(3000);
      }
    } finally {
      await twin.close();
    }
  });

  test('names those that were there, where some were not', async () => {
    const { body } = await server.generate();
    expect((await remove({ keys: ['sk-not-there', body.key] })).body).toEqual({ deleted_keys: [body.key] });
  });

  test('is 404 when nothing matches, and 400 when nothing is named', async () => {
    expect((await remove({ keys: ['sk-not-there'] })).status).toBe(404);
    expect((await remove({})).status).toBe(400);
    expect((await remove({ keys: [], key_aliases: [] })).status).toBe(400);
    expect((await remove({ keys: 'sk-x' })).status).toBe(400);
  });

  test('of one key by many at once succeeds once', async () => {
    const { body } = await server.generate();
    const answers = await Promise.all(Array.from({ length: 8 }, () => remove({ keys: [body.key] })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(7);
  });

  test('is for admins only', async () => {
    const { body } = await server.generate();
    expect((await remove({ keys: [body.key] }, body.key)).status).toBe(403);
    expect((await server.info('', body.key)).status).toBe(200);
  });

  test('a key made anew with the same credential works at once', async () => {
    const key = `sk-phoenix-${Date.now()}-abcdefgh`;
    await server.generate({ key });
    await remove({ keys: [key] });
    expect((await server.info('', key)).status).toBe(401);
    await server.generate({ key });
    expect((await server.info('', key)).status).toBe(200);
  });
});

/** Changes wait for each other; on a busy machine one may be told to come back. */
async function changed(ask: () => Promise<{ readonly status: number }>): Promise<void> {
  let { status } = await ask();
  while (status === 503) ({ status } = await ask());
  expect(status).toBe(200);
}

test('under a storm of making, using and deleting no deleted key is ever served', async () => {
  const twin = await server.twin();
  try {
    await Promise.all(
      Array.from({ length: 12 }, async (_, worker) => {
        for (let round = 0; round < 6; round++) {
          const key = `sk-storm-${worker}-${Date.now()}-abcdefgh`;
          await changed(() => (worker % 2 ? twin : server).send('POST /key/generate', { body: { key } }));
          const uses = Array.from({ length: 4 }, () => server.send('GET /key/info', { key }));
          await changed(() => server.send('POST /key/delete', { body: { keys: [key] } }));
          expect((await server.send('GET /key/info', { key })).status).toBe(401);
          await Promise.all(uses);
          expect((await server.send('GET /key/info', { key })).status).toBe(401);
        }
      }),
    );
  } finally {
    await twin.close();
  }
});
