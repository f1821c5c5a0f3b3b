import { bytesOf, sampleCount, toneSamples, type Tone } from './tone.js';

// What a program writes that pipes WAV and cannot know how long it will be.
const UNKNOWN = 0xffffffff;

/** A WAV header for s16 mono; without a length its sizes are placeholders, as in piped output. */
export function wavHeader(rate: number, dataBytes?: number): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(dataBytes === undefined ? UNKNOWN : dataBytes + 36, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes ?? UNKNOWN, 40);
  return header;
}

export function* encodeWav(tone: Tone, piped: boolean): Generator<Buffer, undefined> {
  yield wavHeader(tone.rate, piped ? undefined : sampleCount(tone) * 2);
  yield* encodePcm(tone);
}

export function* encodePcm(tone: Tone): Generator<Buffer, undefined> {
  for (const samples of toneSamples(tone)) yield bytesOf(samples);
}
