import { beforeAll, describe, expect, test } from '@jest/globals';
import { MPEGDecoder } from 'mpg123-decoder';
import { toFile } from 'openai';
import type OpenAI from 'openai';
import { audioSuite } from '../harness/audio.ts';
import { recording, SECONDS } from '../harness/recordings.ts';
import { clientOf, OPENAI_MAJORS } from './openai-clients.ts';

const parts = audioSuite();
let key = '';

beforeAll(async () => {
  key = await parts.gateway.key({});
});

const TEXT = 'Hello, this is a test of the speech that clients ask for.';
const WORDS = 'the quick brown fox';
const aRecording = () => toFile(recording(WORDS), 'audio.wav', { type: 'audio/wav' });

async function mp3Seconds(bytes: Uint8Array): Promise<number> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const { samplesDecoded, sampleRate, errors } = decoder.decode(bytes);
  decoder.free();
  expect(errors).toEqual([]);
  return samplesDecoded / sampleRate;
}

describe.each(OPENAI_MAJORS)('audio with %s', (_, Client) => {
  const client = (): OpenAI => clientOf(Client, parts.gateway, { key });
  const hear = async (fields: object): Promise<unknown> =>
    client().audio.transcriptions.create({
      file: await aRecording(),
      model: 'whisper-1',
      ...fields,
    } as OpenAI.Audio.TranscriptionCreateParamsNonStreaming);

  test('speech without a format is MP3 that a decoder plays', async () => {
    const answer = await client().audio.speech.create({ model: 'tts-1', voice: 'alloy', input: TEXT });
    expect(answer.headers.get('content-type')).toBe('audio/mpeg');
    const seconds = await mp3Seconds(new Uint8Array(await answer.arrayBuffer()));
    expect(Math.abs(seconds - TEXT.length * 0.06)).toBeLessThan(0.1);
  });

  test('speech is read as a stream', async () => {
    await parts.speech.settings({ msPerPiece: 20 });
    const answer = await client().audio.speech.create({
      model: 'tts-1',
      voice: 'nova',
      input: TEXT,
      response_format: 'pcm',
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(2);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    expect(bytes / 2 / 22_050).toBeCloseTo(TEXT.length * 0.06, 2);
  });

  test('a recording is heard in every format', async () => {
    expect(await hear({})).toMatchObject({ text: WORDS });
    expect(String(await hear({ response_format: 'text' }))).toContain(WORDS);
    expect(String(await hear({ response_format: 'srt' }))).toMatch(/^1\n00:00:00,000 --> /);
    expect(String(await hear({ response_format: 'vtt' }))).toMatch(/^WEBVTT/);
    const verbose = (await hear({
      response_format: 'verbose_json',
      timestamp_granularities: ['word', 'segment'],
    })) as { duration: number; segments: object[]; words: object[] };
    expect(verbose.duration).toBeCloseTo(SECONDS, 1);
    expect([verbose.segments.length > 0, verbose.words.length]).toEqual([true, 4]);
  });

  test('a recording is heard as a stream of events', async () => {
    const stream = (await hear({ stream: true })) as AsyncIterable<{ type: string; delta?: string }>;
    let text = '';
    const types = new Set<string>();
    for await (const event of stream) {
      types.add(event.type);
      text += event.delta ?? '';
    }
    expect([...types].sort()).toEqual(['transcript.text.delta', 'transcript.text.done']);
    expect(text.trim()).toBe(WORDS);
  });

  test('an error is one of its own', async () => {
    const spoken = client().audio.speech.create({ model: 'tts-1', voice: 'nobody', input: TEXT });
    await expect(spoken).rejects.toMatchObject({ status: 400, param: 'voice' });
  });
});
