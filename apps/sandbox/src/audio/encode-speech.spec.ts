import { describe, expect, test } from '@jest/globals';
import { durationOf } from './audio-duration.js';
import { codePoints, encodeSpeech, toneOf, type SpeechFormat } from './encode-speech.js';

const sound = { rate: 24_000, speed: 1, secondsPerCharacter: 0.06 };
const tone = toneOf('thirty characters of nice text', 'alloy', sound);
const encode = (format: SpeechFormat, piped = false) => Buffer.concat([...encodeSpeech(format, tone, piped)]);

describe('toneOf', () => {
  test('is as long as the text and shorter when spoken faster', () => {
    expect(tone.seconds).toBeCloseTo(1.8, 6);
    expect(toneOf('thirty characters of nice text', 'alloy', { ...sound, speed: 2 }).seconds).toBeCloseTo(
      0.9,
      6,
    );
  });

  test('counts characters, not UTF-16 units', () => {
    expect(codePoints('a🙂é')).toBe(3);
  });
});

describe('encodeSpeech', () => {
  test.each(['mp3', 'opus', 'flac', 'wav'] as const)('%s is as long as the tone, to a frame', (format) => {
    const file = encode(format);
    expect(Math.abs(durationOf(file, file.length, null) - tone.seconds)).toBeLessThan(0.03);
  });

  test.each(['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const)('%s is the same each time', (format) => {
    expect(encode(format)).toEqual(encode(format));
  });

  test('pcm is 16 bits a sample, silent at both ends and loud between', () => {
    const pcm = encode('pcm');
    const samples = Array.from({ length: pcm.length / 2 }, (_, index) =>
      Math.abs(pcm.readInt16LE(index * 2)),
    );
    expect([pcm.length, samples[0], samples.at(-1)]).toEqual([1.8 * 24_000 * 2, 0, 0]);
    expect(Math.max(...samples)).toBeGreaterThan(7000);
  });

  test('wav knows its length unless it is piped', () => {
    expect(encode('wav').readUInt32LE(40)).toBe(1.8 * 24_000 * 2);
    expect(encode('wav', true).readUInt32LE(40)).toBe(0xffffffff);
  });

  test('mp3 is made of frames of 192 bytes that begin with a sync word', () => {
    const mp3 = encode('mp3');
    expect(mp3.length % 192).toBe(0);
    for (let at = 0; at < mp3.length; at += 192) expect(mp3.readUInt16BE(at)).toBe(0xfffb);
  });

  test('aac is made of ADTS frames that tell their own length', () => {
    const aac = encode('aac');
    let frames = 0;
    for (let at = 0; at < aac.length; frames++) {
      expect(aac.readUInt16BE(at)).toBe(0xfff1);
      at += ((aac.readUInt32BE(at + 3) >>> 13) & 0x7ff) | (((aac[at + 3] ?? 0) & 3) << 11);
    }
    expect(frames * (1024 / 24_000)).toBeCloseTo(tone.seconds, 1);
  });

  test('flac holds the very samples of pcm', () => {
    const flac = encode('flac');
    const first = flac.indexOf(Buffer.from([0xff, 0xf8]), 42);
    // Header of eight bytes and its check, then one byte that says verbatim.
    const samples = flac.subarray(first + 9, first + 9 + 200).swap16();
    expect(samples).toEqual(encode('pcm').subarray(0, 200));
  });

  test('ogg begins with the two headers of opus and ends with the last page', () => {
    const ogg = encode('opus');
    expect([ogg.toString('latin1', 28, 36), ogg.includes('OpusTags')]).toEqual(['OpusHead', true]);
    expect((ogg[ogg.lastIndexOf('OggS') + 5] ?? 0) & 4).toBe(4);
  });

  test('arrives in pieces of at most a quarter second', () => {
    const pieces = [...encodeSpeech('pcm', tone, false)];
    expect(pieces.map((piece) => piece.length)).toEqual([...new Array<number>(7).fill(12_000), 2400]);
  });

  test('has at least one frame of the shortest text', () => {
    const short = { ...tone, seconds: 0 };
    for (const format of ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const) {
      expect(Buffer.concat([...encodeSpeech(format, short, false)]).length).toBeGreaterThan(0);
    }
  });
});
