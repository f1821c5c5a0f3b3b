import { beforeAll, describe, expect } from '@jest/globals';
import { pause, until } from './harness.ts';
import { audioSuite } from './harness/audio.ts';
import { test } from './harness/suite.ts';

const parts = audioSuite();
let key: string;
let count = 0;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

interface Spoken {
  readonly status: number;
  readonly type: string;
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly callId: string;
}

async function speak(fields: object, path = '/v1/audio/speech'): Promise<Spoken> {
  const callId = `speech-${Date.now()}-${(count += 1)}`;
  const answer = await parts.gateway.http.open(path, {
    key,
    body: { model: 'tts-1', input: 'Hello, this is a test.', voice: 'alloy', ...fields },
    headers: { 'x-litellm-call-id': callId },
  });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  return {
    status: answer.statusCode,
    type: String(answer.headers['content-type']),
    bytes,
    headers: answer.headers,
    callId,
  };
}

const errorOf = ({ bytes }: Spoken): { message: string; type: string; param: string | null } =>
  (JSON.parse(bytes.toString()) as { error: { message: string; type: string; param: string | null } }).error;

const TEXT = 'Hello, this is a test.';
const SECONDS = TEXT.length * 0.06;

const FORMATS: readonly (readonly [
  model: string,
  format: string | undefined,
  type: string,
  magic: RegExp,
])[] = [
  ['tts-1', undefined, 'audio/mpeg', /^(?:ID3|\xff[\xe0-\xff])/],
  ['tts-1', 'mp3', 'audio/mpeg', /^(?:ID3|\xff[\xe0-\xff])/],
  ['tts-1', 'opus', 'audio/ogg; codecs=opus', /^OggS/],
  ['tts-1', 'aac', 'audio/aac', /^\xff[\xf1\xf9]/],
  ['tts-1', 'flac', 'audio/flac', /^fLaC/],
  ['tts-1', 'wav', 'audio/wav', /^RIFF/],
  ['tts-1', 'pcm', 'audio/pcm;rate=22050', /^/],
  ['tts-1-hd', 'pcm', 'audio/pcm;rate=24000', /^/],
  ['styletts2', undefined, 'audio/mpeg', /^(?:ID3|\xff[\xe0-\xff])/],
  ['styletts2', 'wav', 'audio/wav', /^RIFF/],
  ['styletts2', 'flac', 'audio/flac', /^fLaC/],
];

describe('speech', () => {
  test('comes in every format, with the type that clients know, metered by characters and seconds', async () => {
    for (const [model, format, type, magic] of FORMATS) {
      const spoken = await speak({ model, response_format: format });
      expect([model, format, spoken.status, spoken.type]).toEqual([model, format, 200, type]);
      expect(spoken.bytes.toString('latin1', 0, 4)).toMatch(magic);
      const row = await parts.gateway.row(spoken.callId);
      expect(row).toMatchObject({ call_type: 'aspeech', status: 'success', prompt_tokens: 0 });
      const values = row.metadata?.additional_usage_values as unknown as Record<string, number>;
      expect([model, format, values.characters]).toEqual([model, format, TEXT.length]);
      expect(Math.abs((values.audio_seconds ?? 0) - SECONDS)).toBeLessThan(format === 'flac' ? 2.5 : 0.1);
    }
  });

  test('leaves byte by byte as the backend made it', async () => {
    const direct = await fetch(`${parts.speech.url}/v1/audio/speech`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tts-1', input: TEXT, voice: 'nova', response_format: 'wav' }),
    });
    const { bytes } = await speak({ voice: 'nova', response_format: 'wav' });
    expect(bytes.equals(Buffer.from(await direct.arrayBuffer()))).toBe(true);
  });

  test('speaks with each of the six voices', async () => {
    for (const voice of ['alloy', 'echo', 'fable', 'onyx', 'nova', 'shimmer']) {
      expect((await speak({ voice })).status).toBe(200);
    }
  });

  test('is reached by every path that clients know', async () => {
    for (const path of [
      '/audio/speech',
      '/engines/tts-1/audio/speech',
      '/openai/deployments/tts-1/audio/speech',
    ]) {
      expect(
        (await speak({ model: undefined, ...(path === '/audio/speech' ? { model: 'tts-1' } : {}) }, path))
          .status,
      ).toBe(200);
    }
  });

  test('begins while the backend still speaks', async () => {
    await parts.speech.settings({ msPerPiece: 100 });
    const startedAt = performance.now();
    const { body } = await parts.gateway.http.open('/v1/audio/speech', {
      key,
      body: { model: 'tts-1', input: 'x'.repeat(100), voice: 'alloy' },
    });
    let firstMs = 0;
    for await (const bytes of body) {
      if (Buffer.isBuffer(bytes) && firstMs === 0) firstMs = performance.now() - startedAt;
    }
    expect(firstMs).toBeLessThan((performance.now() - startedAt) / 2);
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  });

  test('costs what its characters and seconds cost', async () => {
    const { callId } = await speak({ response_format: 'pcm' });
    const row = await parts.gateway.row(callId);
    expect(Number(row.spend)).toBeCloseTo(TEXT.length * 0.000015 + SECONDS * 0.0001, 9);
  });

  test('counts an emoji as one character', async () => {
    const { callId } = await speak({ input: '🦀🦀🦀' });
    const row = await parts.gateway.row(callId);
    expect(row.metadata?.additional_usage_values?.characters).toBe(3);
  });
});

describe('speech that fails', () => {
  test('is an error where the backend answers 200 without a byte', async () => {
    await parts.speech.settings({ failSynthesis: true });
    const spoken = await speak({});
    expect(spoken.status).toBe(502);
    expect(errorOf(spoken).message).toContain('nothing');
    expect(await parts.gateway.row(spoken.callId)).toMatchObject({ status: 'failure', spend: 0 });
  });

  test('says what the backend says about a voice that it has not', async () => {
    const spoken = await speak({ voice: 'nobody' });
    expect(spoken.status).toBe(400);
    expect(errorOf(spoken).param).toBe('voice');
  });

  test('names the field of a bad request, before the backend sees it', async () => {
    for (const [fields, param] of [
      [{ input: '' }, 'input'],
      [{ input: ['a'] }, 'input'],
      [{ model: undefined }, 'model'],
      [{ speed: -1 }, 'speed'],
      [{ stream_format: 'sse' }, 'stream_format'],
      [{ api_base: 'http://evil.example' }, 'api_base'],
    ] as const) {
      const spoken = await speak(fields);
      expect([spoken.status, errorOf(spoken).param]).toEqual([400, param]);
    }
  });

  test('is an error where the backend answers with a page or with JSON', async () => {
    for (const model of ['speech/fault/html', 'speech/fault/garbage']) {
      const spoken = await speak({ model });
      expect([model, spoken.status]).toEqual([model, 502]);
      expect(spoken.type).toBe('application/json');
    }
  });

  test('is cut, never ended properly, where the backend breaks off', async () => {
    for (const model of ['speech/fault/rst-2', 'speech/fault/cut-2']) {
      await expect(speak({ model, input: 'x'.repeat(200) })).rejects.toThrow(/terminated|closed|socket/);
    }
  });

  test('is cut where the backend falls silent', async () => {
    await expect(speak({ model: 'speech/fault/stall-2', input: 'x'.repeat(200) })).rejects.toThrow(
      /terminated|closed|socket/,
    );
  });

  test('is refused to a key that may not use the model', async () => {
    const narrow = await parts.gateway.key({ models: ['gpt-4'] });
    const answer = await parts.gateway.ask('/v1/audio/speech', {
      key: narrow,
      body: { model: 'tts-1', input: 'x', voice: 'alloy' },
    });
    expect([answer.status, answer.json?.error?.type]).toEqual([403, 'key_model_access_denied']);
  });

  test('is refused once the budget of its key is spent', async () => {
    const poor = await parts.gateway.key({ max_budget: 0.000_001 });
    const body = { model: 'tts-1', input: 'x'.repeat(100), voice: 'alloy' };
    const statuses: number[] = [];
    for (let i = 0; i < 2; i++)
      statuses.push((await parts.gateway.ask('/v1/audio/speech', { key: poor, body })).status);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('a listener who leaves', () => {
  test('ends the synthesis within 100 ms, and pays for what was spoken', async () => {
    await parts.speech.settings({ msPerPiece: 50 });
    const callId = `leaves-${Date.now()}`;
    const abort = new AbortController();
    const { body } = await parts.gateway.http.open('/v1/audio/speech', {
      key,
      body: { model: 'tts-1', input: 'x'.repeat(500), voice: 'alloy', response_format: 'pcm' },
      headers: { 'x-litellm-call-id': callId },
      signal: abort.signal,
    });
    body.on('error', () => undefined);
    body.once('data', () => undefined);
    await pause(300);
    abort.abort();
    const closed = await until(
      'the backend sees the end',
      async () => {
        const [truth] = await parts.speech.truth({ model: 'tts-1' });
        return truth?.closedBy === 'client' && truth;
      },
      1_000,
    );
    expect(closed.finished).toBe(false);
    const row = await parts.gateway.row(callId);
    expect(row.metadata?.http_status).toBe(499);
    const seconds = Number(row.metadata?.additional_usage_values?.audio_seconds);
    expect(seconds).toBeGreaterThan(0.2);
    expect(seconds).toBeLessThan(10);
  });
});

describe('the lists for menus', () => {
  test('name the six voices', async () => {
    const { json } = await parts.gateway.ask('/v1/audio/voices', { key });
    expect(json?.voices).toEqual(
      ['alloy', 'echo', 'fable', 'onyx', 'nova', 'shimmer'].map((id) => ({ id, name: id })),
    );
  });

  test('name the speech models that the key may use', async () => {
    const all = await parts.gateway.ask('/v1/audio/models', { key });
    expect(all.json?.models).toEqual([{ id: 'tts-1' }, { id: 'tts-1-hd' }, { id: 'styletts2' }]);
    const narrow = await parts.gateway.key({ models: ['tts-1'] });
    const own = await parts.gateway.ask('/audio/models', { key: narrow });
    expect(own.json?.models).toEqual([{ id: 'tts-1' }]);
  });
});
