import { describe, expect, test } from '@jest/globals';
import { at, clientOf, json } from '../test/client.js';
import { startOpenedaiSpeech } from './openedai-speech.js';

const client = clientOf(startOpenedaiSpeech);

const speak = (more: object = {}) =>
  client.post('/v1/audio/speech', { model: 'tts-1', input: 'hello', ...more });

describe('/v1/audio/speech', () => {
  test.each([
    ['mp3', 'audio/mpeg'],
    ['opus', 'audio/ogg;codec=opus'],
    ['aac', 'audio/aac'],
    ['flac', 'audio/x-flac'],
    ['wav', 'audio/wav'],
    ['pcm', 'audio/pcm;rate=22050'],
  ])('sends %s as %s, chunked', async (format, type) => {
    const reply = await speak({ response_format: format });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, type]);
    expect([reply.headers.get('content-length'), reply.bytes.length > 0]).toEqual([null, true]);
  });

  test('takes formats in capitals, and speaks mp3 when none is named', async () => {
    expect((await speak({ response_format: 'WAV' })).headers.get('content-type')).toBe('audio/wav');
    expect((await speak()).headers.get('content-type')).toBe('audio/mpeg');
  });

  test('samples the better model more often', async () => {
    const reply = await speak({ model: 'tts-1-hd', response_format: 'pcm' });
    expect(reply.headers.get('content-type')).toBe('audio/pcm;rate=24000');
  });

  test('books the characters and the seconds that they took', async () => {
    await speak({ input: 'ten chars🙂' });
    expect(await client.lastTruth()).toMatchObject({ model: 'tts-1', characters: 10, audioSeconds: 0.6 });
  });

  test.each([
    [{ model: 'gpt' }, 'model'],
    [{ voice: 'nobody' }, 'voice'],
    [{ response_format: 'midi' }, 'response_format'],
    [{ input: '  ' }, 'input'],
  ])('refuses %j with a flat error', async (more, param) => {
    const reply = await speak(more);
    expect([reply.status, json(reply)]).toEqual([
      400,
      { message: expect.any(String), code: 400, type: 'BadRequestError', param },
    ]);
  });

  test('breaks on a speed of nothing', async () => {
    const reply = await speak({ speed: 0 });
    expect([reply.status, json(reply)]).toEqual([500, { message: 'InternalServerError', code: 500 }]);
  });

  test.each([['{}'], ['{"input":7}'], ['not json']])('answers 422 to %s', async (body) => {
    const reply = await client.post('/v1/audio/speech', body);
    expect([reply.status, at(json(reply), 'detail.0.loc.0')]).toEqual([422, 'body']);
  });

  test('has sent its 200 before synthesis fails, and then nothing', async () => {
    await client.settings({ failSynthesis: true });
    const reply = await speak();
    expect([reply.status, reply.headers.get('content-type'), reply.bytes.length]).toEqual([
      200,
      'audio/mpeg',
      0,
    ]);
  });

  test('sends its headers before it has anything to play', async () => {
    await client.settings({ firstByteMs: 400 });
    const before = performance.now();
    const response = await fetch(`${client.standIn.url}/v1/audio/speech`, {
      method: 'POST',
      body: '{"input":"hello"}',
    });
    const headersAfter = performance.now() - before;
    await response.arrayBuffer();
    expect([headersAfter < 350, performance.now() - before >= 398]).toEqual([true, true]);
  });

  test('paces its pieces', async () => {
    await client.settings({ msPerPiece: 30 });
    const before = performance.now();
    await speak({ input: 'x'.repeat(20), response_format: 'pcm' });
    expect(performance.now() - before).toBeGreaterThanOrEqual(4 * 30 - 5);
  });

  test('stops when the client leaves', async () => {
    await client.settings({ msPerPiece: 30 });
    const body = JSON.stringify({ input: 'x'.repeat(200), response_format: 'pcm' });
    await client.raw('/v1/audio/speech', body, (text, socket) => {
      if (text.length > 2000) socket.destroy();
    });
    const entry = await client.lastTruth();
    expect([entry.closedBy, entry.emittedBytes < 100_000]).toEqual(['client', true]);
  });

  test('plays faults by model name', async () => {
    expect((await speak({ model: 'fault/429-3' })).headers.get('retry-after')).toBe('3');
    const reply = await client.raw('/v1/audio/speech', '{"model":"fault/rst-2","input":"hello there"}');
    expect(reply.reset).toBe(true);
  });
});

describe('the rest of the server', () => {
  test('blocks altogether while the better model loads', async () => {
    await client.settings({ hdLoadMs: 400 });
    const before = performance.now();
    const first = speak({ model: 'tts-1-hd' });
    await new Promise((resolve) => setTimeout(resolve, 30));
    const health = await client.send('/health');
    expect([health.status, performance.now() - before >= 380]).toEqual([200, true]);
    await first;
    const again = performance.now();
    await speak({ model: 'tts-1-hd' });
    expect(performance.now() - again).toBeLessThan(350);
  });

  test('lists its two models in any order, and cannot show one of them', async () => {
    const ids = (at(json(await client.send('/v1/models')), 'data') as object[]).map((model) =>
      at(model, 'id'),
    );
    expect(ids.sort()).toEqual(['tts-1', 'tts-1-hd']);
    expect((await client.send('/v1/models/tts-1')).status).toBe(422);
  });

  test('is healthy, has an empty front page and no other routes', async () => {
    expect(json(await client.send('/health'))).toEqual({ status: 'ok' });
    expect((await client.send('/')).text).toBe('');
    expect(json(await client.send('/v1/audio/voices'))).toEqual({ detail: 'Not Found' });
    expect((await client.send('/v1/audio/speech')).status).toBe(405);
  });
});
