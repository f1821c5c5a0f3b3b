import { beforeAll, describe, expect, test } from '@jest/globals';
import { MPEGDecoder } from 'mpg123-decoder';
import { pause, type Truth, until } from './harness.ts';
import { audioSuite } from './harness/audio.ts';

const parts = audioSuite({
  models: [
    {
      model_name: 'brief',
      litellm_params: { model: 'openai/tts-1', api_base: 'os.environ/OPENEDAI_SPEECH_API_BASE' },
      model_info: { mode: 'audio_speech', speech_part_characters: 70 },
    },
    {
      model_name: 'in-one',
      litellm_params: { model: 'openai/tts-1', api_base: 'os.environ/OPENEDAI_SPEECH_API_BASE' },
      model_info: { mode: 'audio_speech', speech_part_characters: 0 },
    },
  ],
});
let key: string;
let count = 0;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

const SENTENCE = 'The quick brown fox jumps over the lazy dog, naïve or not 🦊. ';
const TEXT = SENTENCE.repeat(30);
const CHARACTERS = Array.from(TEXT).length;
const SECONDS_PER_CHARACTER = 0.06;

interface Spoken {
  readonly status: number;
  readonly type: string;
  readonly bytes: Buffer;
  readonly firstByteMs: number;
  readonly callId: string;
  readonly heard: readonly Truth[];
}

/** Speaks, and tells what the backend was asked for. */
async function speak(fields: object): Promise<Spoken> {
  await parts.speech.reset();
  const callId = `long-${Date.now()}-${(count += 1)}`;
  const startedAt = performance.now();
  const answer = await parts.gateway.http.open('/v1/audio/speech', {
    key,
    body: { model: 'tts-1', input: TEXT, voice: 'alloy', ...fields },
    headers: { 'x-litellm-call-id': callId },
  });
  const chunks: Buffer[] = [];
  let firstByteMs = Infinity;
  for await (const chunk of answer.body) {
    firstByteMs = Math.min(firstByteMs, performance.now() - startedAt);
    chunks.push(chunk as Buffer);
  }
  return {
    status: answer.statusCode,
    type: String(answer.headers['content-type']),
    bytes: Buffer.concat(chunks),
    firstByteMs,
    callId,
    heard: await parts.speech.truth({ model: 'tts-1' }),
  };
}

async function countedIn(callId: string): Promise<Record<string, number>> {
  const row = await parts.gateway.row(callId);
  return row.metadata?.additional_usage_values as unknown as Record<string, number>;
}

const sumOf = (heard: readonly Truth[], name: 'characters' | 'audioSeconds'): number =>
  heard.reduce((sum, entry) => sum + entry[name], 0);

async function mp3Seconds(bytes: Buffer): Promise<number> {
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  const { samplesDecoded, sampleRate, errors } = decoder.decode(bytes);
  decoder.free();
  expect(errors).toEqual([]);
  return samplesDecoded / sampleRate;
}

describe('a long text', () => {
  test.each([
    ['mp3', 'audio/mpeg'],
    ['wav', 'audio/wav'],
    ['pcm', 'audio/pcm;rate=22050'],
  ])('is spoken in parts and heard as one as %s, to the last character and second', async (format, type) => {
    const spoken = await speak({ response_format: format });
    expect([spoken.status, spoken.type]).toEqual([200, type]);
    expect(spoken.heard.length).toBeGreaterThan(3);
    expect(sumOf(spoken.heard, 'characters')).toBe(CHARACTERS);
    const emitted = sumOf(spoken.heard, 'audioSeconds');
    expect(emitted).toBeCloseTo(CHARACTERS * SECONDS_PER_CHARACTER, 3);
    // Whole MP3 frames are a little longer than what they hold: less than one of 24 ms for each part.
    const most = format === 'mp3' ? 0.024 * spoken.heard.length : 0.001;
    const seconds = format === 'mp3' ? await mp3Seconds(spoken.bytes) : sampleSeconds(spoken.bytes, format);
    expect(seconds - emitted).toBeGreaterThanOrEqual(-0.001);
    expect(seconds - emitted).toBeLessThanOrEqual(most);
    const counted = await countedIn(spoken.callId);
    expect(counted.characters).toBe(CHARACTERS);
    expect(counted.audio_seconds).toBeCloseTo(seconds, 2);
    expect(await parts.gateway.rows({ request_id: spoken.callId }, 1)).toHaveLength(1);
  });

  test('is heard long before all of it is synthesised', async () => {
    await parts.speech.settings({ firstByteMsPerCharacter: 1 });
    const early = await speak({});
    const late = await speak({ speak_early: false });
    expect(late.heard).toHaveLength(1);
    expect(late.firstByteMs).toBeGreaterThan(CHARACTERS);
    expect(early.firstByteMs).toBeLessThan(late.firstByteMs / 3);
  });

  test('is asked for in order, one part after the other', async () => {
    const { heard } = await speak({ response_format: 'pcm' });
    const inOrder = [...heard].sort((a, b) => a.seq - b.seq);
    inOrder.slice(1).forEach(({ at }, index) => {
      const before = inOrder[index];
      expect(at).toBeGreaterThanOrEqual((before?.at ?? 0) + Number(before?.closedAfterMs) - 5);
    });
  });

  test.each([
    ['by the request', { speak_early: false }],
    ['by the configuration', { model: 'in-one' }],
    ['in a format whose parts cannot be joined', { response_format: 'opus' }],
  ])('is spoken in one where that is said %s', async (_, fields) => {
    const { status, heard } = await speak(fields);
    expect([status, heard.length]).toEqual([200, 1]);
    expect((await parts.speech.lastRequest()).body).not.toContain('speak_early');
  });

  test('has parts as long as the model is comfortable with', async () => {
    const { heard } = await speak({ model: 'brief', input: SENTENCE.repeat(3) });
    expect(heard.map(({ characters }) => characters)).toEqual(Array(3).fill(Array.from(SENTENCE).length));
  });

  test('is asked for once more, as a whole, where the backend answers in a format that cannot be joined', async () => {
    await parts.speech.settings({ onlyFormat: 'opus' });
    const { status, type, bytes, callId, heard } = await speak({});
    expect([status, type, bytes.toString('latin1', 0, 4)]).toEqual([200, 'audio/ogg; codecs=opus', 'OggS']);
    expect(heard.map(({ characters }) => characters)).toEqual([expect.any(Number), CHARACTERS]);
    expect((await countedIn(callId)).characters).toBe(CHARACTERS);
  });

  test('is one file without a length where the backend makes whole files', async () => {
    const answer = await parts.gateway.http.open('/v1/audio/speech', {
      key,
      body: { model: 'styletts2', input: TEXT, voice: 'alloy', response_format: 'wav' },
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    expect([bytes.toString('latin1', 0, 4), bytes.readUInt32LE(40)]).toEqual(['RIFF', 0xffffffff]);
  });

  test('names `speak_early` where it is neither true nor false', async () => {
    const answer = await parts.gateway.ask('/v1/audio/speech', {
      key,
      body: { model: 'tts-1', input: 'x', speak_early: 'no' },
    });
    expect([answer.status, answer.json?.error?.param]).toEqual([400, 'speak_early']);
  });
});

describe('a long text that is not spoken to its end', () => {
  test('is cut, never ended properly, where a later part fails; the row tells what was spoken', async () => {
    await parts.speech.reset();
    await parts.speech.settings({ msPerPiece: 20 });
    const callId = `fails-${Date.now()}`;
    const { body } = await parts.gateway.http.open('/v1/audio/speech', {
      key,
      body: { model: 'tts-1', input: TEXT, voice: 'alloy', response_format: 'pcm' },
      headers: { 'x-litellm-call-id': callId },
    });
    await parts.speech.next({ status: 503, times: 1 });
    await expect(body.arrayBuffer()).rejects.toThrow(/terminated|closed|socket|aborted/);
    const row = await parts.gateway.row(callId);
    expect(row).toMatchObject({ status: 'failure' });
    const values = row.metadata?.additional_usage_values as unknown as Record<string, number>;
    expect(values.characters).toBeGreaterThan(0);
    expect(values.characters).toBeLessThan(CHARACTERS);
  });

  test('ends with its listener: no further part is asked for', async () => {
    await parts.speech.reset();
    await parts.speech.settings({ msPerPiece: 20 });
    const callId = `leaves-${Date.now()}`;
    const abort = new AbortController();
    const { body } = await parts.gateway.http.open('/v1/audio/speech', {
      key,
      body: { model: 'tts-1', input: TEXT, voice: 'alloy', response_format: 'pcm' },
      headers: { 'x-litellm-call-id': callId },
      signal: abort.signal,
    });
    body.on('error', () => undefined);
    body.resume();
    const heard = (): Promise<Truth[]> => parts.speech.truth({ model: 'tts-1' });
    await until('the second part is spoken', async () => (await heard()).length === 2, 20_000);
    await pause(100);
    abort.abort();
    const open = async (): Promise<number> => (await parts.speech.open()).inProgress;
    await until('the backend has nothing to do', async () => (await open()) === 0, 1_000, 10);
    await pause(200);
    expect(await heard()).toHaveLength(2);
    const row = await parts.gateway.row(callId);
    expect(row.metadata?.http_status).toBe(499);
    const spoken = await heard();
    expect((await countedIn(callId)).characters).toBe(sumOf(spoken, 'characters'));
  });
});

function sampleSeconds(bytes: Buffer, format: string): number {
  return (bytes.length - (format === 'wav' ? 44 : 0)) / 2 / 22_050;
}
