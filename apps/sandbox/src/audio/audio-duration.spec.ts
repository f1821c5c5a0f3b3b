import { describe, expect, test } from '@jest/globals';
import { durationOf } from './audio-duration.js';
import { wavHeader } from './wav.js';

describe('durationOf', () => {
  test('reads a wav header, past chunks that it does not need', () => {
    const header = wavHeader(16_000, 32_000);
    const list = Buffer.from('LIST\x04\0\0\0abcd', 'latin1');
    const file = Buffer.concat([header.subarray(0, 36), list, header.subarray(36), Buffer.alloc(32_000)]);
    expect(durationOf(file, file.length, 'audio/wav')).toBe(1);
  });

  test('takes the size of the file where a piped wav has a placeholder', () => {
    const file = Buffer.concat([wavHeader(16_000), Buffer.alloc(64_000)]);
    expect(durationOf(file, file.length, null)).toBe(2);
  });

  test('takes the size of the whole upload when only its ends were kept', () => {
    const head = Buffer.concat([wavHeader(16_000), Buffer.alloc(1000)]);
    expect(durationOf(head, 44 + 320_000, null)).toBe(10);
  });

  test('treats raw samples as 16 kHz mono', () => {
    expect(durationOf(Buffer.alloc(64_000), 64_000, 'audio/pcm')).toBe(2);
  });

  test('reads the bit rate of an mp3 behind its tags', () => {
    const tag = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 10, ...new Array<number>(10).fill(0)]);
    const frame = Buffer.from([0xff, 0xfb, 0x90, 0xc4]);
    const file = Buffer.concat([tag, frame, Buffer.alloc(16_000 - 4)]);
    expect(durationOf(file, file.length, null)).toBe(1);
  });

  test('guesses from the size when nothing tells', () => {
    expect(durationOf(Buffer.from('whatever'), 16_000, null)).toBe(1);
  });
});
