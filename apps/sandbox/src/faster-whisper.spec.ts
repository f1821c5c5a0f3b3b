import { describe, expect, test } from '@jest/globals';
import { at, clientOf, events, json, type Reply } from '../test/client.js';
import { wavHeader } from './audio/wav.js';
import { startFasterWhisper } from './faster-whisper.js';

const client = clientOf(startFasterWhisper);

/** Seconds of silence that carry a text in a chunk of their own. */
function recording(seconds: number, text?: string): Buffer {
  const header = wavHeader(16_000, seconds * 32_000);
  const note = text === undefined ? Buffer.alloc(0) : noteChunk(`TEXT:<${text}>`);
  return Buffer.concat([header.subarray(0, 36), note, header.subarray(36), Buffer.alloc(seconds * 32_000)]);
}

function noteChunk(text: string): Buffer {
  const padded = Buffer.from(text.length % 2 === 0 ? text : `${text} `);
  const head = Buffer.alloc(8);
  head.write('LIST', 'latin1');
  head.writeUInt32LE(padded.length, 4);
  return Buffer.concat([head, padded]);
}

function send(
  fields: Record<string, string | string[]>,
  file?: Buffer | null,
  path = '/v1/audio/transcriptions',
): Promise<Reply> {
  const form = new FormData();
  const bytes = file === undefined ? recording(2, 'hello out there') : file;
  if (bytes !== null) form.append('file', new Blob([new Uint8Array(bytes)]), 'a.wav');
  for (const [name, value] of Object.entries({ model: 'whisper-1', ...fields }))
    for (const one of [value].flat()) if (one !== '') form.append(name, one);
  return client.send(path, { method: 'POST', body: form });
}

describe('/v1/audio/transcriptions', () => {
  test('hears the text that the recording carries', async () => {
    expect(json(await send({}))).toEqual({ text: 'hello out there', logprobs: null, usage: null });
  });

  test('hears the length of a recording that carries none', async () => {
    expect(json(await send({}, recording(5)))).toMatchObject({ text: 'audio of 5 seconds' });
  });

  test.each([
    ['json', 'application/json'],
    ['text', 'text/plain; charset=utf-8'],
    ['verbose_json', 'application/json'],
    ['srt', 'text/plain; charset=utf-8'],
    ['vtt', 'text/vtt; charset=utf-8'],
  ])('answers %s as %s', async (format, type) => {
    const reply = await send({ response_format: format });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, type]);
  });

  test('tells duration, language and words when asked', async () => {
    const fields = {
      response_format: 'verbose_json',
      language: 'de',
      'timestamp_granularities[]': ['word', 'segment'],
    };
    expect(json(await send(fields))).toMatchObject({ duration: 2, language: 'de', words: [{}, {}, {}] });
  });

  test('does not see granularities without brackets', async () => {
    const fields = { response_format: 'verbose_json', timestamp_granularities: 'word' };
    expect(at(json(await send(fields)), 'words')).toBeNull();
  });

  test('trips over a granularity that does not exist', async () => {
    const reply = await send({ 'timestamp_granularities[]': 'letter' });
    expect([reply.status, reply.text]).toEqual([500, 'Internal Server Error']);
  });

  test('streams deltas and a final event without text, whatever the format, and no [DONE]', async () => {
    const reply = await send({ stream: 'true', response_format: 'srt' });
    expect(reply.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(events(reply.text)).toMatchObject([
      { type: 'transcript.text.delta', delta: 'hello out there' },
      { type: 'transcript.text.done', text: '' },
    ]);
    expect(reply.text).not.toContain('[DONE]');
  });

  test('books the seconds of audio', async () => {
    await send({}, recording(7));
    expect(await client.lastTruth()).toMatchObject({ model: 'whisper-1', audioSeconds: 7 });
  });

  test('needs a model that is installed, and can be told to install it', async () => {
    const refused = await send({ model: 'Systran/other' });
    expect([refused.status, at(json(refused), 'detail')]).toEqual([
      404,
      expect.stringContaining('not installed'),
    ]);
    await client.send('/v1/models/Systran%2Fother', { method: 'POST' });
    expect((await send({ model: 'Systran/other' })).status).toBe(200);
  });

  test.each([
    [{ model: '' }, undefined, 422],
    [{}, null, 422],
    [{ response_format: 'pdf' }, undefined, 422],
    [{}, Buffer.alloc(0), 400],
    [{}, Buffer.from('%PDF-1.7'), 415],
  ])('refuses %j', async (fields, file, status) => {
    expect((await send(fields, file)).status).toBe(status);
  });

  test('stays silent as long as the work takes', async () => {
    await client.settings({ msPerAudioSecond: 50, loadMs: 50 });
    const before = performance.now();
    await send({}, recording(2));
    expect(performance.now() - before).toBeGreaterThanOrEqual(148);
  });

  test('knows a fault by the model field of the form', async () => {
    expect((await send({ model: 'fault/status-503' })).status).toBe(503);
  });
});

test('/v1/audio/translations speaks English', async () => {
  const fields = { response_format: 'verbose_json', language: 'de' };
  const reply = await send(fields, undefined, '/v1/audio/translations');
  expect(json(reply)).toMatchObject({ language: 'en', text: 'hello out there' });
});

test('a missing or wrong key is a 403, except for the health check', async () => {
  await client.settings({ requireKey: 'secret' });
  expect((await send({})).status).toBe(403);
  expect(json(await client.send('/health'))).toEqual({ message: 'OK' });
  const headers = { authorization: 'Bearer secret' };
  expect((await client.send('/v1/models', { headers })).status).toBe(200);
});

test('the model list names what is installed, not the aliases', async () => {
  const data = at(json(await client.send('/v1/models')), 'data') as object[];
  expect(data.map((model) => at(model, 'id'))).toEqual([
    'Systran/faster-whisper-large-v3',
    'Systran/faster-whisper-small',
  ]);
});

describe('other servers of the family', () => {
  test('the older one needs no model and streams in the chosen format', async () => {
    await client.settings({ flavour: 'faster-whisper-server' });
    const reply = await send({ model: '', stream: 'true', response_format: 'text' });
    expect(reply.text).toBe('data: hello out there\n\n');
  });

  test('whisper.cpp says 200 to its errors', async () => {
    await client.settings({ flavour: 'whisper.cpp' });
    const reply = await send({}, null);
    expect([reply.status, json(reply)]).toEqual([200, { error: "no 'file' field in the request" }]);
  });
});

describe('models', () => {
  test('can be looked at one by one', async () => {
    const found = await client.send('/v1/models/Systran%2Ffaster-whisper-small');
    expect(json(found)).toMatchObject({
      id: 'Systran/faster-whisper-small',
      task: 'automatic-speech-recognition',
    });
    expect((await client.send('/v1/models/nobody')).status).toBe(404);
  });

  test('are shown as loaded once they were used', async () => {
    await send({});
    expect(json(await client.send('/api/ps'))).toEqual({ models: ['whisper-1'] });
  });

  test('installing twice is no error', async () => {
    const install = () => client.send('/v1/models/a%2Fb', { method: 'POST' });
    expect([(await install()).status, (await install()).status]).toEqual([201, 200]);
  });
});

test('there are no other routes, and none to read transcripts from', async () => {
  expect((await client.send('/v1/nothing')).status).toBe(404);
  expect((await client.send('/v1/audio/transcriptions')).status).toBe(405);
});

test('the older server streams srt as it is, which breaks the framing', async () => {
  await client.settings({ flavour: 'faster-whisper-server' });
  const reply = await send({ stream: 'true', response_format: 'srt' });
  expect(reply.text).toMatch(/^data: 1\n00:00:00,000 --> /);
});

test('a huge upload is measured without being kept', async () => {
  const bytes = 70 * 1_048_576;
  const file = Buffer.concat([wavHeader(16_000, bytes), Buffer.alloc(bytes)]);
  const reply = json(await send({ response_format: 'verbose_json' }, file));
  expect(at(reply, 'duration')).toBeCloseTo(bytes / 32_000, 0);
});
