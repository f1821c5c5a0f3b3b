import { type AudioClock } from './audio-clock.js';
import { FlacClock } from './clocks/flac-clock.js';
import { Mp4Clock } from './clocks/mp4-clock.js';
import { MpegClock } from './clocks/mpeg-clock.js';
import { OggClock } from './clocks/ogg-clock.js';
import { WavClock } from './clocks/wav-clock.js';
import { WebmClock } from './clocks/webm-clock.js';

const MAGIC_BYTES = 12;
const WEBM_MAGIC = 0x1a45dfa3;
/** Samples of 16 bits, one channel: what Whisper reads from raw uploads. */
const RAW_UPLOAD_RATE = 16_000;
/** 128 kbit/s: where nothing tells how long it plays. */
const UNKNOWN_BYTES_PER_SECOND = 16_000;

/** Silence in Opus, and video of many colours: a file that claims to be outside of them lies about its length. */
const LEAST_BYTES_PER_SECOND = 50;
const MOST_BYTES_PER_SECOND = 8_000_000;
/** So much about its length a file of few bytes may be wrong: it costs nobody anything. */
const LEEWAY = { seconds: 60, bytes: 1_000_000 } as const;

export interface AudioLength {
  readonly seconds: number;
  readonly isEstimated: boolean;
}

/** Tells how long audio of any kind plays. Its bytes decide what kind it is; the declared type where they say nothing. */
export class AudioTimer {
  #bytes = 0;
  #magic: Buffer = Buffer.alloc(0);
  #clock: AudioClock | null = null;
  readonly #isRaw: boolean;

  /** @param contentType as declared, such as `audio/pcm;rate=22050` */
  constructor(private readonly contentType: string) {
    this.#isRaw = /^audio\/(?:pcm|raw|l16)\b/i.test(contentType);
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#clock) this.#clock.push(chunk);
    else if (!this.#isRaw && this.#magic.length < MAGIC_BYTES) this.#begin(chunk);
  }

  length(): AudioLength {
    if (this.#isRaw) {
      const rate = Number(/rate=(\d{4,6})/.exec(this.contentType)?.[1] ?? RAW_UPLOAD_RATE);
      return { seconds: this.#bytes / (2 * rate), isEstimated: false };
    }
    const seconds = this.#clock?.seconds() ?? null;
    if (seconds === null || !this.#canPlay(seconds))
      return { seconds: this.#bytes / UNKNOWN_BYTES_PER_SECOND, isEstimated: true };
    return { seconds, isEstimated: this.#clock?.isEstimated ?? false };
  }

  #canPlay(seconds: number): boolean {
    if (seconds > LEEWAY.seconds + this.#bytes / LEAST_BYTES_PER_SECOND) return false;
    return this.#bytes < LEEWAY.bytes || seconds > this.#bytes / MOST_BYTES_PER_SECOND;
  }

  #begin(chunk: Buffer): void {
    this.#magic = Buffer.concat([this.#magic, chunk]);
    if (this.#magic.length < MAGIC_BYTES) return;
    this.#clock = clockFor(this.#magic);
    this.#clock?.push(this.#magic);
    this.#magic = Buffer.from(this.#magic.subarray(0, MAGIC_BYTES));
  }
}

function clockFor(magic: Buffer): AudioClock | null {
  const text = magic.toString('latin1', 0, 4);
  if (text === 'RIFF') return new WavClock();
  if (text === 'OggS') return new OggClock();
  if (text === 'fLaC') return new FlacClock();
  if (magic.toString('latin1', 4, 8) === 'ftyp') return new Mp4Clock();
  if (magic.readUInt32BE(0) === WEBM_MAGIC) return new WebmClock();
  const isMpeg = text.startsWith('ID3') || (magic.readUInt16BE(0) & 0xffe0) === 0xffe0;
  return isMpeg ? new MpegClock() : null;
}
