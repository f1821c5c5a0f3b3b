/** What a voice says: a tone, of which only length and pitch matter. */
export interface Tone {
  seconds: number;
  /** Samples a second. */
  rate: number;
  /** Whole hertz, so that one second repeats without a seam. */
  hertz: number;
}

const PIECE_SECONDS = 0.25;
const FADE_SECONDS = 0.005;
const AMPLITUDE = 8000;
const secondsByPitch = new Map<string, Int16Array>();

/** Samples of the whole tone, s16 mono, in pieces of a quarter second; it fades at both ends. */
export function* toneSamples(tone: Tone): Generator<Int16Array, undefined> {
  const total = sampleCount(tone);
  const second = oneSecond(tone);
  const pieceSize = Math.floor(tone.rate * PIECE_SECONDS);
  for (let at = 0; at < total; at += pieceSize) {
    const piece = new Int16Array(Math.min(pieceSize, total - at));
    for (let i = 0; i < piece.length; i++) {
      piece[i] = (second[(at + i) % tone.rate] ?? 0) * fade(at + i, total, tone.rate);
    }
    yield piece;
  }
}

export function sampleCount(tone: Tone): number {
  return Math.max(1, Math.round(tone.seconds * tone.rate));
}

export function bytesOf(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

function fade(at: number, total: number, rate: number): number {
  return Math.min(1, Math.min(at, total - 1 - at) / (rate * FADE_SECONDS));
}

function oneSecond(tone: Tone): Int16Array {
  const key = `${tone.hertz}/${tone.rate}`;
  let second = secondsByPitch.get(key);
  if (second === undefined) {
    const step = (2 * Math.PI * tone.hertz) / tone.rate;
    second = Int16Array.from({ length: tone.rate }, (_, i) => Math.round(AMPLITUDE * Math.sin(step * i)));
    secondsByPitch.set(key, second);
  }
  return second;
}
