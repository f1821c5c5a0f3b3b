import { type AudioClock } from '../audio-clock.js';
import { FrameWalker, type Step } from './frame-walker.js';

const HEADER_BYTES = 10;
/** Garbage before or between frames; beyond it this is no MPEG audio. */
const MAX_GARBAGE_BYTES = 64 * 1024;
const MPEG1_RATES = [44_100, 48_000, 32_000];
const ADTS_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
/** Layer III, kbit/s by index. */
const MPEG1_KBITS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG2_KBITS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const ADTS_SAMPLES = 1024;

interface Frame {
  readonly bytes: number;
  readonly seconds: number;
}

/** Counts the frames of MP3 and of AAC in ADTS. */
export class MpegClock implements AudioClock {
  #seconds = 0;
  #garbage = 0;
  readonly #walker = new FrameWalker(HEADER_BYTES, (bytes, at) => this.#visit(bytes, at));

  push(chunk: Buffer): void {
    this.#walker.push(chunk);
  }

  seconds(): number | null {
    return this.#seconds > 0 && !this.#walker.isLost ? this.#seconds : null;
  }

  #visit(bytes: Buffer, at: number): Step | null {
    if (bytes.toString('latin1', at, at + 3) === 'ID3') {
      return { advance: HEADER_BYTES + tagBytes(bytes, at), need: HEADER_BYTES };
    }
    const frame = frameAt(bytes, at);
    if (!frame) {
      this.#garbage += 1;
      return this.#garbage > MAX_GARBAGE_BYTES ? null : { advance: 1, need: HEADER_BYTES };
    }
    this.#garbage = 0;
    this.#seconds += frame.seconds;
    return { advance: frame.bytes, need: HEADER_BYTES };
  }
}

/** Four bytes of seven bits, without the tag's own header. */
const tagBytes = (bytes: Buffer, at: number): number =>
  [6, 7, 8, 9].reduce((sum, index) => (sum << 7) | ((bytes[at + index] ?? 0) & 0x7f), 0);

function frameAt(bytes: Buffer, at: number): Frame | null {
  const sync = bytes.readUInt16BE(at);
  if ((sync & 0xffe0) !== 0xffe0) return null;
  return (sync & 0xfff6) === 0xfff0 ? adtsFrame(bytes, at) : layer3Frame(bytes, at);
}

function adtsFrame(bytes: Buffer, at: number): Frame | null {
  const rate = ADTS_RATES[((bytes[at + 2] ?? 0) >> 2) & 0xf];
  const length = (bytes.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
  if (rate === undefined || length < 7) return null;
  const blocks = ((bytes[at + 6] ?? 0) & 0x3) + 1;
  return { bytes: length, seconds: (blocks * ADTS_SAMPLES) / rate };
}

function layer3Frame(bytes: Buffer, at: number): Frame | null {
  const version = ((bytes[at + 1] ?? 0) >> 3) & 0x3;
  const layer = ((bytes[at + 1] ?? 0) >> 1) & 0x3;
  const third = bytes[at + 2] ?? 0;
  const isVersion1 = version === 3;
  const rate1 = MPEG1_RATES[(third >> 2) & 0x3];
  const kbits = (isVersion1 ? MPEG1_KBITS : MPEG2_KBITS)[third >> 4];
  if (layer !== 1 || version === 1 || rate1 === undefined || !kbits) return null;
  const rate = isVersion1 ? rate1 : rate1 / (version === 2 ? 2 : 4);
  const samples = isVersion1 ? 1152 : 576;
  const padding = (third >> 1) & 0x1;
  return { bytes: Math.floor((samples * kbits * 125) / rate) + padding, seconds: samples / rate };
}
