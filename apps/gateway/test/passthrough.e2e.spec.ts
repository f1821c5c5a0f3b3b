import { beforeAll, describe, expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type Ask, type Json, listOf, MASTER_KEY, pause, RawConnection, stringOf, until } from './harness.ts';
import { audioSuite } from './harness/audio.ts';
import { aFile, form } from './harness/recordings.ts';
import { test } from './harness/suite.ts';

const TTS = 'os.environ/OPENEDAI_SPEECH_API_BASE/..';
const parts = audioSuite({
  general: {
    pass_through_endpoints: [
      { path: '/tts', target: TTS, include_subpath: true },
      { path: '/stt', target: 'os.environ/FASTER_WHISPER_API_BASE/..', include_subpath: true },
      { path: '/closed', target: TTS, include_subpath: true, auth: true, cost_per_request: 0.25 },
      {
        path: '/told',
        target: 'os.environ/OPENEDAI_SPEECH_API_BASE/models',
        forward_headers: true,
        headers: { authorization: 'Bearer backend-secret', 'x-own': 'configured' },
      },
      {
        path: '/keyed',
        target: 'os.environ/OPENEDAI_SPEECH_API_BASE/models?secret=1',
        merge_query_params: true,
      },
      { path: '/v1/rerank', target: 'os.environ/OPENEDAI_SPEECH_API_BASE/models' },
      { path: '/llama', target: 'os.environ/LLAMA_SWAP_API_BASE', include_subpath: true },
    ],
  },
});
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

const SPEECH = { model: 'tts-1', input: 'Direct access to Piper TTS.', voice: 'echo' };

/** Without a key unless one is given. */
async function ask(path: string, options: Ask = {}) {
  const callId = `direct-${randomUUID()}`;
  const answer = await parts.gateway.http.ask(path, {
    ...options,
    headers: { 'x-litellm-call-id': callId, ...options.headers },
  });
  return { ...answer, callId };
}

const lastHeaders = async (): Promise<Json> => (await parts.speech.lastRequest()).headers as unknown as Json;

describe('a pass-through', () => {
  test('reaches the backend without a key, and the answer is the backend’s, byte by byte', async () => {
    const fields = { ...SPEECH, response_format: 'wav' };
    const direct = await fetch(`${parts.speech.url}/v1/audio/speech`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    });
    const { body, statusCode, headers } = await parts.gateway.http.open('/tts/v1/audio/speech', {
      body: fields,
    });
    expect([statusCode, headers['content-type']]).toEqual([200, 'audio/wav']);
    expect(Buffer.from(await body.arrayBuffer()).equals(Buffer.from(await direct.arrayBuffer()))).toBe(true);
  });

  test('writes a row without a key', async () => {
    const { callId } = await ask('/tts/v1/audio/speech', { body: SPEECH });
    expect(await parts.gateway.row(callId)).toMatchObject({
      call_type: 'pass_through_endpoint',
      api_key: '',
      model_group: 'tts-1',
      status: 'success',
      spend: 0,
    });
  });

  test('takes forms', async () => {
    const { type, body } = form([aFile(), ['model', 'whisper-1']]);
    const { json } = await ask('/stt/v1/audio/transcriptions', { body, headers: { 'content-type': type } });
    expect(json?.text).toBe('the quick brown fox');
  });

  test('may take the place of a route that is served here', async () => {
    const { status, json } = await ask('/v1/rerank');
    expect([status, stringOf(json?.object)]).toEqual([200, 'list']);
  });

  test('streams as the backend does', async () => {
    await parts.speech.settings({ msPerPiece: 100 });
    const startedAt = performance.now();
    const { body } = await parts.gateway.http.open('/tts/v1/audio/speech', {
      body: { ...SPEECH, input: 'x'.repeat(100) },
    });
    let firstMs = 0;
    for await (const bytes of body) {
      if (Buffer.isBuffer(bytes) && firstMs === 0) firstMs = performance.now() - startedAt;
    }
    expect(firstMs).toBeLessThan((performance.now() - startedAt) / 2);
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  });

  test('ends at the backend when the client leaves, and the row says so', async () => {
    await parts.speech.settings({ msPerPiece: 100 });
    const callId = `leaves-${randomUUID()}`;
    const abort = new AbortController();
    const { body } = await parts.gateway.http.open('/tts/v1/audio/speech', {
      body: { ...SPEECH, input: 'x'.repeat(500) },
      headers: { 'x-litellm-call-id': callId },
      signal: abort.signal,
    });
    body.on('error', () => undefined);
    await pause(200);
    abort.abort();
    await until(
      'the backend is let go',
      async () => (await parts.speech.truth())[0]?.closedBy === 'client',
      1_000,
    );
    expect((await parts.gateway.row(callId)).metadata?.http_status).toBe(499);
  });

  test('has the errors of the backend in our shape, with its status', async () => {
    const { status, json } = await ask('/tts/v1/audio/speech', { body: { ...SPEECH, voice: 'nobody' } });
    expect([status, json?.error?.param]).toEqual([400, 'voice']);
  });

  test('follows no redirect', async () => {
    const { status, headers } = await ask('/tts/v1/audio/speech', {
      body: { ...SPEECH, model: 'fault/redirect' },
    });
    expect([status, headers['location']]).toEqual([502, undefined]);
  });

  test('is cut where the backend breaks off', async () => {
    const body = { ...SPEECH, model: 'fault/rst-2', input: 'x'.repeat(200) };
    await expect(ask('/tts/v1/audio/speech', { body })).rejects.toThrow(/terminated|closed|socket/);
  });

  test('is 502 where nobody listens', async () => {
    const { status, json } = await ask('/tts/v1/audio/speech', {
      body: { ...SPEECH, model: 'fault/timeout-10' },
    });
    expect([status, json?.error?.type]).toEqual([502, 'upstream_error']);
  });
});

describe('the path of a pass-through', () => {
  test('never climbs out of its target, nor to another host', async () => {
    const before = (await parts.speech.truth()).length;
    for (const path of [
      '/tts/../admin',
      '/tts/%2e%2e/admin',
      '/tts/%2e%2e%2fadmin',
      '/tts/..%5cadmin',
      '/tts/.%00.',
      '/tts//evil.example/x',
      '/tts/\\evil.example',
      '/tts/%09https://evil.example',
      '/tts/%252e%252e/admin',
    ]) {
      const connection = new RawConnection(parts.gateway.port);
      connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      await connection.ended;
      expect([path, [400, 404].includes(connection.reply().status)]).toEqual([path, true]);
    }
    for (const { path } of (await parts.speech.truth()).slice(before)) expect(path).not.toContain('evil');
  });

  test('stays at its host whatever the path looks like', async () => {
    await ask('/tts/@evil.example/x');
    expect((await parts.speech.lastRequest()).url).toBe('/@evil.example/x');
  });

  test('without sub-paths takes the exact one only', async () => {
    expect((await ask('/told/more')).status).toBe(404);
    expect((await ask('/ttsx')).status).toBe(404);
  });

  test('takes the query along as it is', async () => {
    await ask('/told?a=1&b=%20');
    expect((await parts.speech.lastRequest()).url).toBe('/v1/models?a=1&b=%20');
    await ask('/tts/v1/models?x=1');
    expect((await parts.speech.lastRequest()).url).toBe('/v1/models?x=1');
    await ask('/keyed?a=1');
    expect((await parts.speech.lastRequest()).url).toBe('/v1/models?secret=1&a=1');
    await ask('/keyed');
    expect((await parts.speech.lastRequest()).url).toBe('/v1/models?secret=1');
  });
});

describe('the headers of a pass-through', () => {
  const sent = {
    authorization: 'Bearer sk-somebody-else-0123456789',
    cookie: 'session=1',
    'x-api-key': 'sk-somebody-else-0123456789',
    'x-other': 'value',
    'x-pass-x-special': 'passed',
    'x-forwarded-host': 'evil.example',
  };

  test('are those about the content where the endpoint forwards none', async () => {
    await ask('/tts/v1/models', { headers: sent });
    const seen = await lastHeaders();
    expect(seen).toMatchObject({ 'x-special': 'passed' });
    for (const name of ['authorization', 'cookie', 'x-api-key', 'x-other', 'x-forwarded-host']) {
      expect(seen).not.toHaveProperty(name);
    }
    expect(seen.host as unknown).toBe(new URL(parts.speech.url).host);
  });

  test('are forwarded where it says so, but never a credential; its own come first', async () => {
    await ask('/told', { headers: { ...sent, 'x-own': 'mine' } });
    const seen = await lastHeaders();
    expect(seen).toMatchObject({
      authorization: 'Bearer backend-secret',
      'x-own': 'configured',
      'x-other': 'value',
    });
    for (const name of ['cookie', 'x-api-key']) expect(seen).not.toHaveProperty(name);
  });

  test('of an answer cannot act on a browser in our name', async () => {
    const { headers } = await ask('/tts/v1/audio/speech', {
      body: { ...SPEECH, model: 'fault/setcookie+hostile-headers' },
    });
    for (const name of ['set-cookie', 'clear-site-data', 'refresh', 'link', 'service-worker-allowed']) {
      expect(headers).not.toHaveProperty(name);
    }
    expect(headers['content-security-policy']).toContain('sandbox');
    const page = await ask('/tts/v1/audio/speech', { body: { ...SPEECH, model: 'fault/html' } });
    expect([page.headers['content-disposition'], page.headers['x-content-type-options']]).toEqual([
      'attachment',
      'nosniff',
    ]);
  });
});

describe('a pass-through with a key', () => {
  test('is closed without one where it wants one', async () => {
    expect((await ask('/closed/v1/models')).status).toBe(401);
    expect((await ask('/closed/v1/models', { key: 'sk-not-a-key-0123456789abcdef' })).status).toBe(401);
    expect((await ask('/closed/v1/models', { key })).status).toBe(200);
    expect((await ask('/closed/v1/models', { key: MASTER_KEY })).status).toBe(200);
  });

  test('never takes our key to the backend', async () => {
    for (const path of ['/tts/v1/models', '/closed/v1/models', '/told']) {
      await ask(path, { key });
      expect(JSON.stringify(await parts.speech.lastRequest())).not.toContain(key);
    }
    expect((await ask(`/tts/v1/models?key=${key}`)).status).toBe(400);
  });

  test('is charged what a request costs, and refused beyond the budget', async () => {
    const poor = await parts.gateway.key({ max_budget: 0.4 });
    const first = await ask('/closed/v1/audio/speech', { key: poor, body: SPEECH });
    expect(first.status).toBe(200);
    expect(Number((await parts.gateway.row(first.callId)).spend)).toBe(0.25);
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await ask('/closed/v1/models', { key: poor })).status);
    expect(statuses).toContain(429);
  });

  test('stays among the models of the key', async () => {
    const narrow = await parts.gateway.key({ models: ['tts-1-hd'] });
    const speak = (body: unknown, path = '/tts/v1/audio/speech', headers = {}) =>
      ask(path, { key: narrow, body, headers });
    expect((await speak({ ...SPEECH, model: 'tts-1-hd' })).status).toBe(200);
    expect((await speak(SPEECH)).status).toBe(403);
    expect((await speak({ ...SPEECH, model: undefined })).status).toBe(403);
    expect((await speak({ ...SPEECH, model: 'tts-1-hd' }, '/tts/v1/audio/speech?model=tts-1')).status).toBe(
      403,
    );
    expect((await speak('{"model":"tts-1-hd","model":"tts-1","input":"x"}')).status).toBe(400);
    const { type, body } = form([['model', 'tts-1-hd'], aFile()]);
    expect((await speak(body, '/stt/v1/audio/transcriptions', { 'content-type': type })).status).toBe(403);
    expect((await ask('/tts/v1/models', { key: narrow })).status).toBe(403);
  });

  test('stays among the models of the key where the backend takes the model from the path, whatever an alias says', async () => {
    const narrow = await parts.gateway.key({ models: ['bge-m3'], aliases: { 'gemma3-27b': 'bge-m3' } });
    for (const path of ['%75pstream/gemma3-27b/props', 'models/unload/gemma3-27b', 'models/bge-m3/large']) {
      const { status } = await ask(`/llama/${path}?model=bge-m3`, { key: narrow });
      expect([path, status]).toEqual([path, 403]);
    }
    expect((await ask('/llama/models/bge-m3', { key: narrow })).status).not.toBe(403);
  });

  test('stays among the routes of the key', async () => {
    const narrow = await parts.gateway.key({ allowed_routes: ['/tts'] });
    expect((await ask('/tts/v1/models', { key: narrow })).status).toBe(200);
    expect((await ask('/closed/v1/models', { key: narrow })).status).toBe(403);
  });

  test('writes one row for each request', async () => {
    const own = await parts.gateway.key({});
    for (let i = 0; i < 5; i++) await ask('/tts/v1/models', { key: own });
    expect(listOf((await parts.gateway.rows({ api_key: own }, 5)) as unknown as Json)).toHaveLength(5);
  });
});
