import { describe, expect, test } from '@jest/globals';
import { at, clientOf, json } from '../test/client.js';
import { startStyletts2 } from './styletts2.js';

const client = clientOf(startStyletts2);

const speak = (more: object = {}) =>
  client.post('/v1/audio/speech', { model: 'multi', input: 'hello', ...more });

describe('/v1/audio/speech', () => {
  test.each([
    ['mp3', 'audio/mp3'],
    ['flac', 'audio/flac'],
    ['wav', 'audio/wav'],
  ])('sends %s as %s, whole and with its length', async (format, type) => {
    const reply = await speak({ response_format: format });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, type]);
    expect(reply.headers.get('content-length')).toBe(String(reply.bytes.length));
  });

  test('speaks wav when no format is named', async () => {
    expect((await speak()).headers.get('content-type')).toBe('audio/wav');
  });

  test.each(['multi', 'single', 'styletts2'])('knows the model %s', async (model) => {
    expect((await speak({ model })).status).toBe(200);
  });

  test('takes any voice, with blanks and accents', async () => {
    expect((await speak({ voice: 'Марина Панас' })).status).toBe(200);
  });

  test.each([
    [{ model: 'tts-1' }, 'model'],
    [{ response_format: 'opus' }, 'response_format'],
    [{ response_format: 'aac' }, 'response_format'],
    [{ sample_rate: 96_000 }, 'sample_rate'],
    [{ input: 7 }, 'input'],
  ])('refuses %j with 422', async (more, field) => {
    const reply = await speak(more);
    expect([reply.status, at(json(reply), 'detail.0.loc.1')]).toEqual([422, field]);
  });

  test.each([{ response_format: 'pcm' }, { input: ' ' }, { speed: 0 }])(
    'fails on %j with plain text',
    async (more) => {
      const reply = await speak(more);
      expect([reply.status, reply.text, reply.headers.get('content-type')]).toEqual([
        500,
        'Internal Server Error',
        'text/plain; charset=utf-8',
      ]);
    },
  );

  test('sends nothing before the whole file is there', async () => {
    await client.settings({ msPerCharacter: 20 });
    const before = performance.now();
    await speak();
    expect(performance.now() - before).toBeGreaterThanOrEqual(98);
  });

  test('books the characters', async () => {
    await speak({ input: 'héllo' });
    expect(await client.lastTruth()).toMatchObject({ model: 'multi', characters: 5 });
  });
});

test('there is a health check, and no model list', async () => {
  expect(json(await client.send('/health'))).toEqual({ status: 'OK' });
  expect((await client.send('/v1/models')).status).toBe(404);
});
