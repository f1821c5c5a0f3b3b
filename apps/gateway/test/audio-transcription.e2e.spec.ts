import { beforeAll, describe, expect } from '@jest/globals';
import { chunksOf, stringOf, until } from './harness.ts';
import { audioSuite } from './harness/audio.ts';
import {
  aFile,
  beginUpload,
  form,
  hear as hearAt,
  type Part,
  recording,
  SECONDS,
  secondsOf as seconds,
} from './harness/recordings.ts';
import { test } from './harness/suite.ts';

const parts = audioSuite();
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

const hear = (list: readonly Part[], path?: string, asKey = key) =>
  hearAt(parts.gateway, list, { key: asKey, ...(path === undefined ? {} : { path }) });
const upload = (asKey: string, type: string, length: number) =>
  beginUpload(parts.gateway, asKey, { type, length });

describe('a transcription', () => {
  test('comes as JSON where nothing else is asked for, metered by the seconds of the file', async () => {
    const { status, json, callId } = await hear([['model', 'whisper-1'], aFile()]);
    expect([status, json?.text]).toEqual([200, 'the quick brown fox']);
    const row = await parts.gateway.row(callId);
    expect(row).toMatchObject({ call_type: 'atranscription', status: 'success', model_group: 'whisper-1' });
    expect(seconds(row)).toBe(SECONDS);
    expect(Number(row.spend)).toBeCloseTo(SECONDS * 0.0001, 9);
    expect(row.metadata?.usage_estimated).toBe(false);
  });

  test('is the same where the model comes after the file', async () => {
    const { status, json, callId } = await hear([aFile(), ['model', 'whisper-1']]);
    expect([status, json?.text]).toEqual([200, 'the quick brown fox']);
    expect(seconds(await parts.gateway.row(callId))).toBe(SECONDS);
  });

  test('comes in every format, with the type of the backend', async () => {
    for (const [format, type, pattern] of [
      ['json', 'application/json', /^\{"text":"the quick/],
      ['text', 'text/plain; charset=utf-8', /^the quick brown fox/],
      ['srt', 'text/plain', /^1\r?\n00:00:00,000 --> /],
      ['vtt', 'text/vtt', /^WEBVTT/],
      ['verbose_json', 'application/json', /"segments":\[/],
    ] as const) {
      for (const order of ['first', 'last']) {
        const model: Part = ['model', 'whisper-1'];
        const rest: Part[] = [['response_format', format], aFile()];
        const heard = await hear(order === 'first' ? [model, ...rest] : [...rest, model]);
        expect([format, order, heard.status]).toEqual([format, order, 200]);
        expect(heard.headers['content-type']).toContain(type);
        expect(heard.text).toMatch(pattern);
        expect(seconds(await parts.gateway.row(heard.callId))).toBeCloseTo(SECONDS, 1);
      }
    }
  });

  test('takes the fields of the client to the backend, its own model name with them', async () => {
    await hear([
      ['model', 'whisper-large-v3'],
      ['response_format', 'verbose_json'],
      ['timestamp_granularities[]', 'word'],
      ['timestamp_granularities[]', 'segment'],
      ['metadata', '{"secret":"stays here"}'],
      aFile(),
      ['language', 'en'],
    ]);
    const { body } = await parts.whisper.lastRequest();
    expect(body).toContain('name="model"\r\n\r\nSystran/faster-whisper-large-v3\r\n');
    expect(body.match(/name="timestamp_granularities\[\]"/g)).toHaveLength(2);
    expect(body).not.toContain('stays here');
    expect(body).not.toContain('whisper-large-v3\r\n\r\nwhisper');
  });

  test('with words has words', async () => {
    const { json } = await hear([
      ['model', 'whisper-1'],
      ['response_format', 'verbose_json'],
      ['timestamp_granularities[]', 'word'],
      aFile(),
    ]);
    expect(json?.words?.[0]).toMatchObject({ word: expect.stringContaining('the') });
  });

  test('is reached by every path that clients know, translations too', async () => {
    for (const path of [
      '/audio/transcriptions',
      '/engines/whisper-1/audio/transcriptions',
      '/openai/deployments/whisper-1/audio/translations',
      '/v1/audio/translations',
    ]) {
      const model: Part[] = /engines|deployments/.test(path) ? [] : [['model', 'whisper-1']];
      expect([path, (await hear([...model, aFile()], path)).status]).toEqual([path, 200]);
    }
  });

  test('is streamed as deltas, and its last event has the text that the backend left out', async () => {
    const { text, headers, callId } = await hear([
      ['model', 'whisper-1'],
      ['stream', 'true'],
      aFile(recording('one two three four five six seven eight nine ten', 12)),
    ]);
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const events = chunksOf(text);
    const deltas = events.filter(({ type }) => stringOf(type) === 'transcript.text.delta');
    expect(deltas.length).toBeGreaterThan(0);
    expect(events.at(-1)).toMatchObject({
      type: 'transcript.text.done',
      text: deltas.map(({ delta }) => stringOf(delta)).join(''),
    });
    expect(seconds(await parts.gateway.row(callId))).toBe(12);
  });

  test('streamed by an older server in several lines stays a stream of events', async () => {
    await parts.whisper.settings({ flavour: 'faster-whisper-server' });
    const { text } = await hear([
      ['model', 'whisper-1'],
      ['stream', 'true'],
      ['response_format', 'srt'],
      aFile(),
    ]);
    for (const line of text.split('\n')) expect(line).toMatch(/^(?:data: .*)?$/);
    expect(text).toContain('-->');
  });

  test('begins to leave while the file still comes', async () => {
    const { type, body } = form([['model', 'whisper-1'], aFile(recording('x', 60))]);
    const connection = upload(key, type, body.length);
    connection.send(body.subarray(0, 1_000_000));
    await until('the backend is called', async () => (await parts.whisper.open()).inProgress > 0, 2_000);
    connection.send(body.subarray(1_000_000));
    await connection.waitFor(/"text"/, 5_000);
    expect(connection.reply().status).toBe(200);
    connection.destroy();
  });
});
