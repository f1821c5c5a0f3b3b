import { beforeAll, describe, expect } from '@jest/globals';
import { MPEGDecoder } from 'mpg123-decoder';
import { stringOf } from './harness.ts';
import { audioSuite } from './harness/audio.ts';
import { m4a, webm } from './harness/containers.ts';
import { aFile, form, recording, SECONDS, secondsOf as seconds } from './harness/recordings.ts';
import { test } from './harness/suite.ts';

const parts = audioSuite({ general: { user_header_name: 'x-openwebui-user-id' } });
const TEXT = 'Hello, this is a test.';
const HEARD = 'the quick brown fox';
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

/** Bodies and headers as these programs were seen to send them: neither of them names a format. */
describe('speech for the programs that chat', () => {
  const MP3 = /^(?:ID3|\xff[\xe0-\xff])/;

  test("is MP3 for each piece of LibreChat's long text, and the pieces play joined", async () => {
    const pieces = ['One sentence of many. '.repeat(40), 'And the last one.'];
    const heard: Buffer[] = [];
    for (const input of pieces) {
      const { statusCode, headers, body } = await parts.gateway.http.open('/v1/audio/speech', {
        key,
        body: { input, model: 'tts-1', voice: 'nova' },
        headers: {
          accept: 'application/json, text/plain, */*',
          'user-agent': 'axios/1.8.2',
          'accept-encoding': 'gzip, compress, deflate, br',
        },
      });
      expect([statusCode, headers['content-type']]).toEqual([200, 'audio/mpeg']);
      expect(headers['content-encoding']).toBeUndefined();
      heard.push(Buffer.from(await body.arrayBuffer()));
      expect(heard.at(-1)?.toString('latin1', 0, 4)).toMatch(MP3);
    }
    const decoder = new MPEGDecoder();
    await decoder.ready;
    const { samplesDecoded, sampleRate, errors } = decoder.decode(Buffer.concat(heard));
    decoder.free();
    expect(errors).toEqual([]);
    expect(Math.abs(samplesDecoded / sampleRate - pieces.join('').length * 0.06)).toBeLessThan(1);
  });

  test("is MP3 for Open WebUI, on its user's account", async () => {
    const callId = `speech-open-webui-${Date.now()}`;
    const { statusCode, headers, body } = await parts.gateway.http.open('/v1/audio/speech', {
      key,
      body: { model: 'tts-1', input: TEXT, voice: 'alloy' },
      headers: {
        'x-openwebui-user-name': 'Ada%20L%C3%B6we',
        'x-openwebui-user-id': 'b6c7-4711',
        'x-openwebui-user-email': 'ada@example.org',
        'x-openwebui-user-role': 'user',
        'x-litellm-call-id': callId,
      },
    });
    expect([statusCode, headers['content-type']]).toEqual([200, 'audio/mpeg']);
    expect(Buffer.from(await body.arrayBuffer()).toString('latin1', 0, 4)).toMatch(MP3);
    expect(await parts.gateway.row(callId)).toMatchObject({ call_type: 'aspeech', end_user: 'b6c7-4711' });
  });
});

/** Forms and headers as these programs were seen to send them: neither of them names a format. */
describe('a transcription for the programs that chat', () => {
  const sent = (type: string, body: Buffer, headers: Readonly<Record<string, string>>) =>
    parts.gateway.http.ask('/v1/audio/transcriptions', {
      key,
      body,
      headers: { 'content-type': type, ...headers },
    });

  test("has a text for LibreChat's form, the file first and a language of two letters", async () => {
    const { type, body } = form(
      [aFile(), ['model', 'whisper-1'], ['language', 'en']],
      '--------------------------046128472381937492813749',
    );
    const { status, headers, json } = await sent(type, body, {
      accept: 'application/json, text/plain, */*',
      'user-agent': 'axios/1.8.2',
    });
    expect([status, headers['content-type'], json?.text]).toEqual([
      200,
      expect.stringMatching(/^application\/json/),
      'the quick brown fox',
    ]);
    const { body: taken } = await parts.whisper.lastRequest();
    expect(taken).toContain('name="language"\r\n\r\nen\r\n');
    expect(taken).toContain('name="file"; filename="audio.wav"');
  });

  test("has the seconds of every container that LibreChat's browsers record in", async () => {
    const spoken = async (format: string): Promise<Buffer> => {
      const { body } = await parts.gateway.http.open('/v1/audio/speech', {
        key,
        body: { model: 'tts-1', voice: 'alloy', input: 'x'.repeat(50), response_format: format },
      });
      return Buffer.from(await body.arrayBuffer());
    };
    const files: readonly (readonly [extension: string, type: string, bytes: Buffer])[] = [
      ['webm', 'audio/webm;codecs=opus', webm(SECONDS, HEARD)],
      ['m4a', 'audio/mp4', m4a(SECONDS, HEARD)],
      ['ogg', 'audio/ogg', await spoken('opus')],
      ['mp3', 'audio/mpeg', await spoken('mp3')],
      ['flac', 'audio/flac', await spoken('flac')],
      ['wav', 'audio/wav', recording()],
    ];
    for (const [extension, mime, bytes] of files) {
      const callId = `heard-${extension}-${Date.now()}`;
      const { type, body } = form([
        ['file', bytes, `audio.${extension}`, mime],
        ['model', 'whisper-1'],
      ]);
      const { status, json } = await sent(type, body, { 'x-litellm-call-id': callId });
      expect([extension, status, stringOf(json?.text)]).toEqual([extension, 200, expect.stringMatching(/./)]);
      const row = await parts.gateway.row(callId);
      expect([extension, Math.round(seconds(row) * 10) / 10]).toEqual([extension, SECONDS]);
      const { body: taken } = await parts.whisper.lastRequest();
      expect(taken).toContain(
        `filename="audio.${extension}"\r\nContent-Type: ${mime.split(';')[0] ?? ''}\r\n`,
      );
    }
  });

  test("has a text for Open WebUI's form, whose file has no type, on its user's account", async () => {
    const boundary = '0f3d7e0b51a94f5f8f3d3c9a54d7e2b1';
    const callId = `heard-open-webui-${Date.now()}`;
    const body = Buffer.concat([
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n` +
          `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="2f1c.wav"\r\n\r\n`,
      ),
      recording(),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    const { status, json } = await sent(`multipart/form-data; boundary=${boundary}`, body, {
      accept: '*/*',
      'user-agent': 'python-requests/2.32.4',
      'x-openwebui-user-id': 'b6c7-4711',
      'x-openwebui-user-name': 'Ada%20L%C3%B6we',
      'x-litellm-call-id': callId,
    });
    expect([status, json?.text]).toEqual([200, 'the quick brown fox']);
    const row = await parts.gateway.row(callId);
    expect([row.end_user, seconds(row)]).toEqual(['b6c7-4711', SECONDS]);
  });

  test('that is refused shows both programs a message of its own', async () => {
    const { type, body } = form([aFile(), ['model', 'no-such-model']]);
    const { status, json } = await sent(type, body, { 'user-agent': 'axios/1.8.2' });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(stringOf(json?.error?.message)).toContain('no-such-model');
  });
});
