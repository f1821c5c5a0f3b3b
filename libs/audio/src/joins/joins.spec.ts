import { describe, expect, test } from '@jest/globals';
import { MPEGDecoder } from 'mpg123-decoder';
import { readFileSync } from 'node:fs';
import { type AudioJoin } from './audio-join.js';
import { joinFor } from './join-for.js';
import { Mp3Join } from './mp3-join.js';
import { PcmJoin } from './pcm-join.js';
import { WavJoin } from './wav-join.js';

const RATE = 24_000;
/** Loudest of the tones that the tests join. */
const PEAK = 8_000;
/** The steepest step of a tone of 440 Hz. */
const STEP = (PEAK * 2 * Math.PI * 440) / RATE;

function joined(join: AudioJoin, parts: readonly Buffer[], pieceBytes: number): Buffer {
  const out: Buffer[] = [];
  parts.forEach((part, index) => {
    for (let at = 0; at < part.length; at += pieceBytes)
      out.push(...join.push(part.subarray(at, at + pieceBytes)));
    out.push(...join.endPart(index === parts.length - 1));
  });
  return Buffer.concat(out);
}

const samplesOf = (pcm: Buffer): number[] =>
  Array.from({ length: pcm.length >> 1 }, (_, at) => pcm.readInt16LE(at * 2));

function steepest(samples: readonly number[]): number {
  return samples.reduce(
    (most, sample, at) => Math.max(most, Math.abs(sample - (samples[at - 1] ?? sample))),
    0,
  );
}

/** Seconds of the longest silence that is neither at the beginning nor at the end. */
function innerSilence(samples: readonly number[], rate: number): number {
  const loud = samples.flatMap((sample, at) => (Math.abs(sample) > PEAK / 50 ? [at] : []));
  return loud.reduce((most, at, index) => Math.max(most, at - (loud[index - 1] ?? at)), 0) / rate;
}

/** A tone that begins and ends as abruptly as can be: at its peak. */
function abrupt(seconds: number): Buffer {
  const pcm = Buffer.alloc(Math.round(seconds * RATE) * 2);
  for (let at = 0; at < pcm.length; at += 2) {
    pcm.writeInt16LE(Math.round(PEAK * Math.cos((Math.PI * 440 * at) / RATE)), at);
  }
  return pcm;
}

function wav(pcm: Buffer, { rate = RATE, size = pcm.length }: { rate?: number; size?: number } = {}): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF');
  header.writeUInt32LE(size + 36, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(size, 40);
  return Buffer.concat([header, pcm]);
}

describe.each([1, 7, 4_096])('parts that arrive in pieces of %i bytes', (pieceBytes) => {
  test('of PCM: no sample is lost, nothing clicks, and no silence comes between', () => {
    const parts = [abrupt(0.501_25), abrupt(0.301_25), abrupt(0.4)];
    const pcm = joined(new PcmJoin({ channels: 1, bits: 16, rate: RATE }), parts, pieceBytes);
    expect(pcm.length).toBe(parts.reduce((sum, part) => sum + part.length, 0));
    const samples = samplesOf(pcm);
    // The beginning and the end of all are the backend's own.
    expect(steepest(samples)).toBeLessThanOrEqual(Math.ceil(STEP * 1.5));
    expect(steepest(samplesOf(Buffer.concat(parts)))).toBeGreaterThan(STEP * 2);
    expect(innerSilence(samples, RATE)).toBeLessThan(0.01);
  });

  test('of PCM: half a sample at the end of a part does not turn the next one into noise', () => {
    const half = Buffer.concat([abrupt(0.1), Buffer.from([1])]);
    const pcm = joined(new PcmJoin({ channels: 1, bits: 16, rate: RATE }), [half, abrupt(0.1)], pieceBytes);
    expect(pcm.length).toBe(abrupt(0.1).length * 2);
    expect(steepest(samplesOf(pcm))).toBeLessThanOrEqual(Math.ceil(STEP * 1.5));
  });

  test('of WAV: one streaming header, then the samples of all, without what stands behind them', () => {
    const listed = Buffer.concat([wav(abrupt(0.2)), Buffer.from('LIST\x04\0\0\0INFO', 'latin1')]);
    const piped = wav(abrupt(0.1), { size: 0xffffffff - 36 });
    const file = joined(new WavJoin(), [listed, piped, wav(abrupt(0.1))], pieceBytes);
    expect([file.toString('latin1', 0, 4), file.readUInt32LE(4), file.readUInt32LE(40)]).toEqual([
      'RIFF',
      0xffffffff,
      0xffffffff,
    ]);
    expect(file.indexOf('RIFF', 4)).toBe(-1);
    expect(file.length).toBe(44 + 0.4 * RATE * 2);
    expect(steepest(samplesOf(file.subarray(44)))).toBeLessThanOrEqual(Math.ceil(STEP * 1.5));
  });

  test('of MP3: a decoder plays them as one, without a click and without their tags', async () => {
    const parts = ['tone-1000ms', 'tone-700ms', 'tone-1000ms'].map((name) =>
      readFileSync(new URL(`../fixtures/${name}.mp3`, import.meta.url)),
    );
    const file = joined(new Mp3Join(), parts, pieceBytes);
    expect(file.length).toBe((44 + 32 + 44) * 192);
    const { samples, rate } = await decoded(file);
    const alone = await Promise.all(parts.map((part) => decoded(joined(new Mp3Join(), [part], 4_096))));
    expect(rate).toBe(RATE);
    const own = alone.reduce((sum, part) => sum + part.samples.length, 0);
    expect(Math.abs(samples.length - own) / rate).toBeLessThan(0.06);
    expect(steepest(samples)).toBeLessThanOrEqual(Math.ceil(STEP * 1.1));
    const [first = { samples: [] }, second = { samples: [] }] = alone;
    const between = silenceAfter(first.samples) + silenceBefore(second.samples);
    expect(innerSilence(samples, rate) - between / rate).toBeLessThan(0.06);
    expect(innerSilence(samples, rate)).toBeLessThan(0.12);
  });
});

const isLoud = (sample: number): boolean => Math.abs(sample) > PEAK / 50;
const silenceBefore = (samples: readonly number[]): number => samples.findIndex(isLoud);
const silenceAfter = (samples: readonly number[]): number =>
  samples.length - 1 - samples.findLastIndex(isLoud);

async function decoded(file: Buffer): Promise<{ readonly samples: number[]; readonly rate: number }> {
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  const { channelData, sampleRate, errors } = decoder.decode(file);
  decoder.free();
  expect(errors).toEqual([]);
  return { samples: Array.from(channelData[0] ?? [], (sample) => sample * 32_768), rate: sampleRate };
}

test('a part of another kind than the first is refused', () => {
  const join = new WavJoin();
  join.push(wav(abrupt(0.1)));
  join.endPart(false);
  expect(() => join.push(wav(abrupt(0.1), { rate: 48_000 }))).toThrow('changed the kind');
});

test('what is no audio of its kind is refused, and not held for long', () => {
  expect(() => new WavJoin().push(Buffer.from('<html>no wave here</html>'))).toThrow('no WAV');
  expect(() => new Mp3Join().push(Buffer.alloc(70_000))).toThrow('no MP3');
  const endless = Buffer.concat([
    wav(Buffer.alloc(0)).subarray(0, 36),
    Buffer.from('junk\xff\xff\xff\x7f', 'latin1'),
  ]);
  expect(() => new WavJoin().push(Buffer.concat([endless, Buffer.alloc(70_000)]))).toThrow('no WAV');
});

test('formats whose parts would be files of their own have no join', () => {
  for (const type of ['audio/ogg; codecs=opus', 'audio/flac', 'audio/aac', 'application/octet-stream'])
    expect(joinFor(type)).toBeNull();
  for (const type of ['audio/mpeg', 'audio/wav', 'audio/pcm;rate=22050'])
    expect(joinFor(type)).not.toBeNull();
});
