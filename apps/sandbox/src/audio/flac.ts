import { sampleCount, toneSamples, type Tone } from './tone.js';

const SAMPLE_RATE_CODES: Record<number, number> = {
  8000: 4,
  16_000: 5,
  22_050: 6,
  24_000: 7,
  32_000: 8,
  44_100: 9,
  48_000: 10,
};

/** The tone as FLAC with verbatim subframes: lossless, uncompressed and simple. */
export function* encodeFlac(tone: Tone): Generator<Buffer, undefined> {
  yield streamInfo(tone);
  let number = 0;
  for (const samples of toneSamples(tone)) yield frame(samples, tone.rate, number++);
}

function streamInfo(tone: Tone): Buffer {
  const blockSize = Math.floor(tone.rate * 0.25);
  const block = Buffer.alloc(42);
  block.write('fLaC', 0, 'latin1');
  // The only metadata block, hence also the last: type 0, 34 bytes.
  block.writeUInt32BE(0x80000022, 4);
  block.writeUInt16BE(blockSize, 8);
  block.writeUInt16BE(blockSize, 10);
  // 20 bits rate, 3 bits channels - 1, 5 bits sample size - 1, 36 bits of total samples.
  const high = (BigInt(tone.rate) << 44n) | (15n << 36n) | BigInt(sampleCount(tone));
  block.writeBigUInt64BE(high, 18);
  return block;
}

function frame(samples: Int16Array, rate: number, number: number): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16BE(samples.length - 1);
  // Fixed block size; size in 16 bits at the end of the header; mono; 16 bits a sample.
  const fixed = [0xff, 0xf8, 0x70 | (SAMPLE_RATE_CODES[rate] ?? 0), 0x08];
  const header = Buffer.from([...fixed, ...codedNumber(number), ...size]);
  const body = Buffer.alloc(1 + samples.length * 2);
  body[0] = 0x02;
  samples.forEach((sample, at) => body.writeInt16BE(sample, 1 + at * 2));
  const whole = Buffer.concat([header, Buffer.from([crc8(header)]), body]);
  const check = Buffer.alloc(2);
  check.writeUInt16BE(crc16(whole));
  return Buffer.concat([whole, check]);
}

/** Frame numbers are coded like UTF-8. */
function codedNumber(number: number): Buffer {
  return Buffer.from(String.fromCodePoint(Math.min(number, 0x10ffff)), 'utf8');
}

function crc8(bytes: Buffer): number {
  return crc(bytes, { width: 8, polynomial: 0x07 });
}

function crc16(bytes: Buffer): number {
  return crc(bytes, { width: 16, polynomial: 0x8005 });
}

const tables = new Map<number, Uint16Array>();

function crc(bytes: Buffer, kind: { width: 8 | 16; polynomial: number }): number {
  const { width } = kind;
  const mask = (1 << width) - 1;
  let table = tables.get(width);
  if (table === undefined) tables.set(width, (table = crcTable(kind)));
  let value = 0;
  for (const byte of bytes) value = ((value << 8) ^ (table[(value >> (width - 8)) ^ byte] ?? 0)) & mask;
  return value;
}

function crcTable({ width, polynomial }: { width: number; polynomial: number }): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let value = byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) {
      value = (value & (1 << (width - 1))) === 0 ? value << 1 : (value << 1) ^ polynomial;
    }
    return value & ((1 << width) - 1);
  });
}
