import type { Frame } from '../core/player.js';
import { hashOf } from '../core/hash.js';
import { encodeAac } from './aac.js';
import { encodeFlac } from './flac.js';
import { encodeMp3 } from './mp3.js';
import { encodeOpus } from './ogg-opus.js';
import type { Tone } from './tone.js';
import { encodePcm, encodeWav } from './wav.js';

export type SpeechFormat = 'mp3' | 'opus' | 'aac' | 'flac' | 'wav' | 'pcm';

/** Characters as speech is billed: code points, not UTF-16 units. */
export function codePoints(text: string): number {
  return Array.from(text).length;
}

/** The tone that stands for a text in a voice. `speed` 2 halves its length. */
export function toneOf(
  text: string,
  voice: string,
  sound: { rate: number; speed: number; secondsPerCharacter: number },
): Tone {
  const seconds = (codePoints(text) * sound.secondsPerCharacter) / sound.speed;
  return { seconds, rate: sound.rate, hertz: 180 + (hashOf(voice) % 12) * 20 };
}

/** Speech in small pieces. The compressed formats are valid but silent. `piped`: WAV without a length. */
export function encodeSpeech(format: SpeechFormat, tone: Tone, piped: boolean): Iterable<Buffer> {
  switch (format) {
    case 'mp3':
      return encodeMp3(tone.seconds);
    case 'opus':
      return encodeOpus(tone.seconds);
    case 'aac':
      return encodeAac(tone.seconds);
    case 'flac':
      return encodeFlac(tone);
    case 'wav':
      return encodeWav(tone, piped);
    case 'pcm':
      return encodePcm(tone);
  }
}

export function* framesOf(pieces: Iterable<Buffer>): Generator<Frame, undefined> {
  for (const data of pieces) yield { data, tokens: 0 };
}
