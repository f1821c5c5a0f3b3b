import { beforeAll, describe, expect } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pause, stringOf, until } from './harness.ts';
import { audioSuite } from './harness/audio.ts';
import {
  aFile,
  beginUpload,
  form,
  hear as hearAt,
  type Part,
  recording,
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

describe('a transcription that fails', () => {
  test('is refused before the file is read where the model comes first', async () => {
    const narrow = await parts.gateway.key({ models: ['gpt-4'] });
    const { type, body } = form([['model', 'whisper-1'], aFile()]);
    const connection = upload(narrow, type, 90_000_000);
    connection.send(body.subarray(0, 2_000));
    await connection.waitFor(/key_model_access_denied/, 2_000);
    expect(connection.reply().status).toBe(403);
    connection.destroy();
  });

  test('names what is wrong with the form', async () => {
    const bad: readonly (readonly [Part[], string])[] = [
      [[['model', 'whisper-1']], 'file'],
      [[aFile()], 'model'],
      [[['model', 'whisper-1'], ['model', 'whisper-1'], aFile()], 'model'],
      [[['model', 'whisper-1'], ['response_format', 'docx'], aFile()], 'response_format'],
      [[['model', 'whisper-1'], ['api_base', 'http://evil.example'], aFile()], 'api_base'],
      [[['model', 'whisper-1'], aFile(), ['api_base', 'http://evil.example']], 'api_base'],
      [
        [
          ['model', 'whisper-1'],
          ['other', recording(), 'a.wav'],
        ],
        'file',
      ],
      [[['model', 'whisper-1'], aFile(), aFile()], 'file'],
      [[['a[b][c]', 'x'], ['model', 'whisper-1'], aFile()], 'a[b][c]'],
    ];
    for (const [list, param] of bad) {
      const { status, json } = await hear(list);
      expect([status, json?.error?.param]).toEqual([400, param]);
    }
  });

  test('refuses what is no form', async () => {
    const ask = (type: string, body: string) =>
      parts.gateway.ask('/v1/audio/transcriptions', { key, body, headers: { 'content-type': type } });
    expect((await ask('application/json', '{}')).status).toBe(415);
    expect((await ask('multipart/form-data', 'x')).status).toBe(415);
    expect((await ask('multipart/form-data; boundary=', 'x')).status).toBe(400);
    expect((await ask(`multipart/form-data; boundary=${'b'.repeat(10_000)}`, 'x')).status).toBe(400);
    expect((await ask('multipart/form-data; boundary=b', '--b\r\n')).status).toBe(400);
  });

  test('survives bombs: parts without end, headers without end, no last boundary, climbing names', async () => {
    const startedAt = performance.now();
    const model: Part = ['model', 'whisper-1'];
    const many = Array.from({ length: 10_000 }, (_, index): Part => [`f${index}`, 'x']);
    expect((await hear([...many, model, aFile()])).status).toBe(400);
    for (const name of ['../../x', 'a\0b', 'C:\\..\\x']) {
      expect([name, (await hear([model, ['file', recording(), name]])).status]).toEqual([name, 400]);
    }
    const long = await hear([['model', 'x'.repeat(100_000)], aFile()]);
    expect(long.status).toBe(400);
    for (const cut of [
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
      '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
      `--b\r\nX: ${'y'.repeat(100_000)}\r\n\r\nabc\r\n--b--`,
    ]) {
      const answer = await parts.gateway.ask('/v1/audio/transcriptions', {
        key,
        body: cut,
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
      });
      expect([cut.slice(0, 60), answer.status]).toEqual([cut.slice(0, 60), 400]);
    }
    expect(performance.now() - startedAt).toBeLessThan(9_000);
    expect((await hear([model, aFile()])).status).toBe(200);
  });

  test('leaves no file behind', async () => {
    await hear([aFile(), ['model', 'whisper-1']]);
    await hear([aFile(), ['model', 'nobody']]);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('upload-'))).toEqual([]);
  });

  test('has the status and the words of the backend', async () => {
    const noAudio = await hear([
      ['model', 'whisper-1'],
      ['file', Buffer.from('%PDF-1.7'), 'a.pdf'],
    ]);
    expect([noAudio.status, noAudio.json?.error?.message]).toEqual([415, 'Unsupported audio format.']);
    const missing = await hear([['model', 'whisper/nobody'], aFile()]);
    expect([missing.status, stringOf(missing.json?.error?.message)]).toEqual([
      404,
      expect.stringContaining('not installed'),
    ]);
  });

  test('is an error where the backend says 200 and means none', async () => {
    await parts.whisper.settings({ flavour: 'whisper.cpp' });
    const heard = await hear([
      ['model', 'whisper-1'],
      ['file', Buffer.from('%PDF-1.7'), 'a.pdf'],
    ]);
    expect(heard.status).toBe(502);
    expect(await parts.gateway.row(heard.callId)).toMatchObject({ status: 'failure', spend: 0 });
  });

  test('is an error where the backend answers with a page, garbage or nothing', async () => {
    for (const fault of ['html', 'garbage', 'empty']) {
      expect([fault, (await hear([['model', `whisper/fault/${fault}`], aFile()])).status]).toEqual([
        fault,
        502,
      ]);
    }
  });

  test('is tried again elsewhere only where the file is still whole', async () => {
    await parts.whisper.next({ status: 503, match: { path: '/v1/audio/transcriptions' } });
    expect((await hear([['model', 'whisper-1'], aFile()])).status).toBe(503);
  });

  test('is refused once the budget of its key is spent', async () => {
    const poor = await parts.gateway.key({ max_budget: 0.000_001 });
    const statuses: number[] = [];
    for (let i = 0; i < 2; i++)
      statuses.push((await hear([['model', 'whisper-1'], aFile()], '/v1/audio/transcriptions', poor)).status);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('a sender who leaves', () => {
  test('in the middle of the file ends the call at the backend', async () => {
    const { type, body } = form([['model', 'whisper-1'], aFile(recording('x', 60))]);
    const connection = upload(key, type, body.length);
    connection.send(body.subarray(0, 1_000_000));
    await until('the backend is called', async () => (await parts.whisper.open()).inProgress > 0, 2_000);
    connection.reset();
    await until('it is let go', async () => (await parts.whisper.open()).inProgress === 0, 1_000);
  });

  test('while the backend listens ends the call there', async () => {
    await parts.whisper.settings({ msPerAudioSecond: 2_000 });
    const { type, body } = form([['model', 'whisper-1'], aFile()]);
    const connection = upload(key, type, body.length);
    connection.send(body);
    await until('the backend listens', async () => (await parts.whisper.open()).inProgress > 0, 2_000);
    await pause(50);
    connection.reset();
    await until(
      'it is let go',
      async () => (await parts.whisper.truth()).at(-1)?.closedBy === 'client',
      1_000,
    );
  });
});

describe('an upload of 100 MB', () => {
  test('goes through in both orders with the memory that it had', async () => {
    const file = recording('a long story', 3_300);
    const rss = () => parts.gateway.usage().rssBytes / 1024 ** 2;
    await hear([['model', 'whisper-1'], aFile()]);
    const before = rss();
    for (const list of [
      [['model', 'whisper-1'], aFile(file)],
      [aFile(file), ['model', 'whisper-1']],
    ] as Part[][]) {
      const heard = await hear(list);
      expect([heard.status, heard.json?.text]).toEqual([200, 'a long story']);
      expect(seconds(await parts.gateway.row(heard.callId))).toBe(3_300);
    }
    expect(rss() - before).toBeLessThan(64);
  }, 60_000);
});
