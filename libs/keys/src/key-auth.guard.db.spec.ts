import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { All, Controller, Get, Req } from '@nestjs/common';
import { Access, type GatewayRequest, Secret } from '@app/call';
import { anAppConfig } from '@testing/config';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { hashKey } from './key-hash.js';
import { aKeysServer, type ErrorBody, type KeysServer } from './testing.js';

const seen = ({ caller }: GatewayRequest) => ({ kind: caller.kind, hash: caller.keyHash, role: caller.role });
let ran = 0;

@Controller('probe')
class ProbeController {
  @All('public') @Access('public') public(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @All('inference') @Access('inference') inference(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @All('opened') @Access('inference') opened(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @All('self') @Access('self') self(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @All('admin') @Access('admin') admin(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @All('opened-admin') @Access('admin') openedAdmin(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @Get('unclassified') unclassified() {
    return 'reached';
  }
  @Get('admin-get') @Access('admin') adminGet() {
    ran++;
    return 'reached';
  }
  @Get('models/:model/chat') @Access('inference') templated(@Req() request: GatewayRequest) {
    return seen(request);
  }
}

let database: TestDatabase;
let server: KeysServer;

const config = anAppConfig({
  masterKey: new Secret('sk-master-of-the-guard-spec'),
  general: { publicRoutes: ['/probe/opened', '/probe/opened-admin'] },
});

beforeAll(async () => {
  database = await aTestDatabase();
  server = await aKeysServer(database.url, { config, controllers: [ProbeController] });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

async function mint(body: object = {}): Promise<string> {
  const { body: made } = await server.send<{ key: string }>('POST /key/generate', { body });
  return made.key;
}

/** Sends exactly these header lines. */
function raw(
  path: string,
  headers: readonly string[],
  method = 'GET',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        port: server.port,
        host: '127.0.0.1',
        path,
        method,
        headers: ['Host', 'localhost', ...headers],
        setDefaultHeaders: false,
      },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject).end();
  });
}

describe('each class of route for each kind of caller', () => {
  const callers = {
    nobody: async () => null,
    master: async () => server.masterKey,
    key: async () => mint(),
    blocked: async () => mint({ blocked: true }),
    expired: async () => mint({ duration: '0s' }),
    unknown: async () => 'sk-nobody-has-ever-made-this-key',
    malformed: async () => 'no-key-at-all',
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
    const key = await mint();
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
    const key = await mint();
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
    expect(await refusal(await mint({ blocked: true }))).toMatchObject({
      type: 'auth_error',
      message: expect.stringContaining('Key is blocked'),
    });
  });

  test('expired key', async () => {
    expect(await refusal(await mint({ duration: '0s' }))).toMatchObject({
      type: 'expired_key',
      code: '401',
      message: expect.stringContaining('Authentication Error - Expired Key. Key Expiry time'),
    });
  });

  test('an admin route for a plain key', async () => {
    expect(await refusal(await mint({ user_id: 'somebody' }), '/probe/admin')).toMatchObject({
      type: 'auth_error',
      code: '403',
      message: expect.stringMatching(
        /^Authentication Error, Only proxy admin can be used to .* Route=\/probe\/admin\. Your role=unknown\. Your user_id=so\*\*\*\*dy$/,
      ),
    });
  });

  test('a key that expires does so on time, although it is in memory', async () => {
    const key = await mint({ duration: '1s' });
    expect((await server.send('GET /probe/inference', { key })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await server.send('GET /probe/inference', { key })).status).toBe(401);
  });
});

describe('allowed_routes', () => {
  test('narrow what a key may call, by the template of the route', async () => {
    const key = await mint({ allowed_routes: ['/probe/models/:model/chat', '/probe/inference'] });
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
      expect((await server.send('GET /probe/admin', { key: await mint({ allowed_routes }) })).status).toBe(
        403,
      );
    }
    expect(
      (await server.send('POST /key/generate', { key: await mint({ key_type: 'management' }), body: {} }))
        .status,
    ).toBe(403);
  });

  test('hold in every slot', async () => {
    const key = await mint({ key_type: 'read_only' });
    for (const header of [
      'Authorization',
      'x-api-key',
      'api-key',
      'x-goog-api-key',
      'x-litellm-api-key',
      'Ocp-Apim-Subscription-Key',
    ]) {
      const value = header === 'Authorization' ? `Bearer ${key}` : key;
      expect((await raw('/probe/inference', [header, value])).status).toBe(403);
      expect((await raw('/key/info', [header, value])).status).toBe(200);
    }
  });
});

describe('one credential', () => {
  test('is the same in every slot', async () => {
    const key = await mint();
    for (const header of [
      'x-api-key',
      'api-key',
      'x-goog-api-key',
      'x-litellm-api-key',
      'Ocp-Apim-Subscription-Key',
    ]) {
      expect(await raw('/probe/inference', [header, key])).toMatchObject({
        status: 200,
        text: expect.stringContaining(hashKey(key)),
      });
    }
  });

  test('a virtual key and the master key together are refused, in both orders', async () => {
    const key = await mint();
    const pair = ['Authorization', `Bearer ${key}`, 'x-api-key', server.masterKey];
    expect((await raw('/probe/admin', pair)).status).toBe(400);
    expect((await raw('/probe/admin', [...pair.slice(2), ...pair.slice(0, 2)])).status).toBe(400);
  });

  test('two Authorization headers are refused, valid first or last', async () => {
    const [good, bad] = [`Bearer ${server.masterKey}`, 'Bearer sk-bad'];
    expect((await raw('/probe/admin', ['Authorization', good, 'Authorization', bad])).status).toBe(400);
    expect((await raw('/probe/admin', ['Authorization', bad, 'Authorization', good])).status).toBe(400);
  });

  test('in the query string is refused', async () => {
    const key = await mint();
    const anonymous = await raw(`/probe/inference?key=${key}`, []);
    expect(anonymous.status).toBe(401);
    expect(anonymous.text).toContain('query string');
    expect(anonymous.text).not.toContain(key);
    expect((await raw(`/probe/inference?a=b&key=${key}`, ['x-api-key', key])).status).toBe(400);
    expect((await raw(`/probe/inference?access_token=${key}`, [])).status).toBe(401);
  });

  test('its stored hash is not a credential', async () => {
    const hash = hashKey(await mint());
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
    ['Bearer sk-\u201c\u201d'.replace(/[\u201c\u201d]/g, '\u00ab')],
  ])('Authorization: %j is refused quickly', async (value) => {
    const start = performance.now();
    const { status } = await raw('/probe/inference', ['Authorization', value]);
    expect(status).toBe(401);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('the handler of an admin route', () => {
  test('does not run for HEAD, an overridden method, another spelling or a trailing slash', async () => {
    const key = await mint();
    ran = 0;
    const tries = [
      await raw('/probe/admin-get', [], 'HEAD'),
      await raw('/probe/admin-get', ['Authorization', `Bearer ${key}`], 'HEAD'),
      await raw(
        '/probe/admin-get',
        ['X-HTTP-Method-Override', 'GET', 'Authorization', `Bearer ${key}`],
        'HEAD',
      ),
      await raw('/PROBE/ADMIN-GET', ['Authorization', `Bearer ${key}`]),
      await raw('/probe/admin-get/', ['Authorization', `Bearer ${key}`]),
      await raw('/probe/admin-get?x=/probe/public', ['Authorization', `Bearer ${key}`]),
      await raw('/probe/%61dmin-get', ['Authorization', `Bearer ${key}`]),
    ];
    expect(ran).toBe(0);
    expect(tries.every(({ status }) => status >= 400)).toBe(true);
  });
});

test('two gateways in one process keep their callers apart', async () => {
  const other = await aTestDatabase();
  const twin = await aKeysServer(other.url, { controllers: [ProbeController] });
  try {
    const key = await mint();
    expect((await twin.send('GET /probe/inference', { key })).status).toBe(401);
    expect((await server.send('GET /probe/inference', { key })).status).toBe(200);
    expect((await twin.send('GET /probe/admin', { key: server.masterKey })).status).toBe(401);
  } finally {
    await twin.close();
    await other.drop();
  }
});
