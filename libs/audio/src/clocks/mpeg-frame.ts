/** Enough of a frame, or of a tag, to know its length. */
export const MPEG_HEADER_BYTES = 10;

const MPEG1_RATES = [44_100, 48_000, 32_000];
const ADTS_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
/** Layer III, kbit/s by index. */
const MPEG1_KBITS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG2_KBITS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const ADTS_SAMPLES = 1024;

export interface MpegFrame {
  readonly bytes: number;
  readonly seconds: number;
}

/** The length of an ID3 tag that begins here, its header included; 0 where none does. */
export function tagBytesAt(bytes: Buffer, at: number): number {
  if (bytes.toString('latin1', at, at + 3) !== 'ID3') return 0;
  // Four bytes of seven bits, without the tag's own header.
  const size = [6, 7, 8, 9].reduce((sum, index) => (sum << 7) | ((bytes[at + index] ?? 0) & 0x7f), 0);
  return MPEG_HEADER_BYTES + size;
}

/** The frame of MP3, or of AAC in ADTS, that begins here; at least {@link MPEG_HEADER_BYTES} have to be there. */
export function mpegFrameAt(bytes: Buffer, at: number): MpegFrame | null {
  const sync = bytes.readUInt16BE(at);
  if ((sync & 0xffe0) !== 0xffe0) return null;
  return (sync & 0xfff6) === 0xfff0 ? adtsFrame(bytes, at) : layer3Frame(bytes, at);
}

function adtsFrame(bytes: Buffer, at: number): MpegFrame | null {
  const rate = ADTS_RATES[((bytes[at + 2] ?? 0) >> 2) & 0xf];
  const length = (bytes.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
  if (rate === undefined || length < 7) return null;
  const blocks = ((bytes[at + 6] ?? 0) & 0x3) + 1;
  return { bytes: length, seconds: (blocks * ADTS_SAMPLES) / rate };
}

function layer3Frame(bytes: Buffer, at: number): MpegFrame | null {
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
