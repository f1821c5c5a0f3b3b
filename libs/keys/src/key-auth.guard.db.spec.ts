import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '@app/call';
import { anAppConfig } from '@testing/config';
import { aTestDatabase } from '@testing/database';
import { hashKey } from './key-hash.js';
import { aKeysServer, anOwnKeysServer, type ErrorBody, type OwnKeysServer } from './testing.js';

let server: OwnKeysServer;

const config = anAppConfig({
  masterKey: new Secret('sk-master-of-the-guard-spec'),
  general: { publicRoutes: ['/probe/opened', '/probe/opened-admin'] },
});

beforeAll(async () => {
  server = await anOwnKeysServer(config);
});
afterAll(() => server.close());

describe('each class of route for each kind of caller', () => {
  const callers = {
    nobody: () => Promise.resolve(null),
    master: () => Promise.resolve(server.masterKey),
    key: () => server.mint(),
    blocked: () => server.mint({ blocked: true }),
    expired: () => server.mint({ duration: '0s' }),
    unknown: () => Promise.resolve('sk-nobody-has-ever-made-this-key'),
    malformed: () => Promise.resolve('no-key-at-all'),
  };

  test.each<[string, Record<keyof typeof callers, number>]>([
    [
      'public',
      { nobody: 200, master: 200, key: 200, blocked: 200, expired: 200, unknown: 200, malformed: 200 },
    ],
    [
      'inference',
      { nobody: 401, master: 200, key: 200, blocked: 401, expired: 401, unknown: 401, malformed: 401 },
    ],
    [
      'opened',
      { nobody: 200, master: 200, key: 200, blocked: 401, expired: 401, unknown: 401, malformed: 401 },
    ],
    [
      'self',
      { nobody: 401, master: 200, key: 200, blocked: 401, expired: 401, unknown: 401, malformed: 401 },
    ],
    [
      'admin',
      { nobody: 401, master: 200, key: 403, blocked: 401, expired: 401, unknown: 401, malformed: 401 },
    ],
    [
      'opened-admin',
      { nobody: 401, master: 200, key: 403, blocked: 401, expired: 401, unknown: 401, malformed: 401 },
    ],
    [
      'unclassified',
      { nobody: 403, master: 403, key: 403, blocked: 403, expired: 403, unknown: 403, malformed: 403 },
    ],
  ])('%s', async (route, expected) => {
    const answers: Record<string, number> = {};
    for (const [name, credential] of Object.entries(callers)) {
      answers[name] = (await server.send(`GET /probe/${route}`, { key: await credential() })).status;
    }
    expect(answers).toEqual(expected);
  });

  test('a public route knows a caller who says who he is, and takes everybody else for nobody', async () => {
    const key = await server.mint();
    expect((await server.send('GET /probe/public', { key })).body).toMatchObject({
      kind: 'key',
      hash: hashKey(key),
    });
    expect((await server.send('GET /probe/public')).body).toMatchObject({
      kind: 'master',
      role: 'proxy_admin',
    });
    for (const stranger of [null, 'sk-nobody-knows-this-one-here', 'x y']) {
      expect((await server.send('GET /probe/public', { key: stranger })).body).toMatchObject({
        kind: 'anonymous',
      });
    }
  });

  test('an opened route knows a caller with a key', async () => {
    const key = await server.mint();
    expect((await server.send('GET /probe/opened', { key })).body).toMatchObject({
      kind: 'key',
      hash: hashKey(key),
    });
  });
});

describe('refusals say what the wire contract says', () => {
  const refusal = async (key: string | null, path = '/probe/inference') =>
    (await server.send<ErrorBody>(`GET ${path}`, { key })).body.error;

  test('no key', async () => {
    expect(await refusal(null)).toMatchObject({
      type: 'auth_error',
      code: '401',
      message: expect.stringContaining('Authentication Error, No api key passed in.'),
    });
  });

  test('not a virtual key: shows four characters at each end', async () => {
    const { message } = await refusal('abcdefghijklmnopqrstuvwxyz');
    expect(message).toContain(
      "LiteLLM Virtual Key expected. Received=abcd****wxyz, expected to start with 'sk-'",
    );
    expect((await refusal('shortish')).message).not.toContain('hort');
  });

  test('unknown key: names its hash and four characters of it', async () => {
    const key = 'sk-unknown-but-well-formed-1234';
    expect(await refusal(key)).toMatchObject({
      type: 'token_not_found_in_db',
      param: 'key',
      code: '401',
      message: expect.stringContaining(`Received API Key = sk-...1234, Key Hash (Token) =${hashKey(key)}`),
    });
  });

  test('blocked key', async () => {
    expect(await refusal(await server.mint({ blocked: true }))).toMatchObject({
      type: 'auth_error',
      message: expect.stringContaining('Key is blocked'),
    });
  });

  test('expired key', async () => {
    expect(await refusal(await server.mint({ duration: '0s' }))).toMatchObject({
      type: 'expired_key',
      code: '401',
      message: expect.stringContaining('Authentication Error - Expired Key. Key Expiry time'),
    });
  });

  test('an admin route for a plain key', async () => {
    expect(await refusal(await server.mint({ user_id: 'somebody' }), '/probe/admin')).toMatchObject({
      type: 'auth_error',
      code: '403',
      message: expect.stringMatching(
        /^Authentication Error, Only proxy admin can be used to .* Route=\/probe\/admin\. Your role=unknown\. Your user_id=so\*\*\*\*dy$/,
      ),
    });
  });

  test('a key that expires does so on time, although it is in memory', async () => {
    const key = await server.mint({ duration: '1s' });
    expect((await server.send('GET /probe/inference', { key })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await server.send('GET /probe/inference', { key })).status).toBe(401);
  });
});

describe('allowed_routes', () => {
  test('narrow what a key may call, by the template of the route', async () => {
    const key = await server.mint({ allowed_routes: ['/probe/models/:model/chat', '/probe/inference'] });
    expect((await server.send('GET /probe/models/gpt-4/chat', { key })).status).toBe(200);
    expect((await server.send('GET /probe/inference', { key })).status).toBe(200);
    const { status, body } = await server.send<ErrorBody>('GET /probe/self', { key });
    expect(status).toBe(403);
    expect(body.error.message).toBe(
      "Virtual key is not allowed to call this route. Only allowed to call routes: ['/probe/models/:model/chat', '/probe/inference']. Tried to call route: /probe/self",
    );
  });

  test('never open an admin route', async () => {
    for (const allowed_routes of [['/probe/admin'], ['management_routes'], ['*'], ['/*']]) {
      expect(
        (await server.send('GET /probe/admin', { key: await server.mint({ allowed_routes }) })).status,
      ).toBe(403);
    }
    expect(
      (
        await server.send('POST /key/generate', {
          key: await server.mint({ key_type: 'management' }),
          body: {},
        })
      ).status,
    ).toBe(403);
  });

  test('hold in every slot', async () => {
    const key = await server.mint({ key_type: 'read_only' });
    for (const header of [
      'Authorization',
      'x-api-key',
      'api-key',
      'x-goog-api-key',
      'x-litellm-api-key',
      'Ocp-Apim-Subscription-Key',
    ]) {
      const value = header === 'Authorization' ? `Bearer ${key}` : key;
      expect((await server.raw('GET /probe/inference', [header, value])).status).toBe(403);
      expect((await server.raw('GET /key/info', [header, value])).status).toBe(200);
    }
  });
});

test('two gateways in one process keep their callers apart', async () => {
  const other = await aTestDatabase();
  const twin = await aKeysServer(other.url);
  try {
    const key = await server.mint();
    expect((await twin.send('GET /probe/inference', { key })).status).toBe(401);
    expect((await server.send('GET /probe/inference', { key })).status).toBe(200);
    expect((await twin.send('GET /probe/admin', { key: server.masterKey })).status).toBe(401);
  } finally {
    await twin.close();
    await other.drop();
  }
});
