import { describe, expect, test } from '@jest/globals';
import { AudioTimer } from './audio-timer.js';

/** The same answer however the bytes are cut. */
function lengthOf(bytes: Buffer, type = 'application/octet-stream') {
  const lengths = [bytes.length, 1, 7, 1000].map((size) => {
    const timer = new AudioTimer(type);
    for (let at = 0; at < bytes.length; at += size) timer.push(bytes.subarray(at, at + size));
    return timer.length();
  });
  for (const length of lengths) expect(length).toEqual(lengths[0]);
  return lengths[0];
}

function wav(samples: number, declared = samples * 2): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF\0\0\0\0WAVEfmt ', 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(declared, 40);
  return Buffer.concat([header, Buffer.alloc(samples * 2)]);
}

/** 64 kbit/s at 24 kHz: frames of 192 bytes and 24 ms. */
const mp3 = (frames: number): Buffer =>
  Buffer.concat(
    Array.from({ length: frames }, () =>
      Buffer.concat([Buffer.from([0xff, 0xf3, 0x84, 0xc4]), Buffer.alloc(188)]),
    ),
  );

function oggPage(position: bigint, payload: Buffer, flags = 0): Buffer {
  const header = Buffer.alloc(28);
  header.write('OggS', 'latin1');
  header[5] = flags;
  header.writeBigInt64LE(position, 6);
  header[26] = 1;
  header[27] = payload.length;
  return Buffer.concat([header, payload]);
}

function opus(seconds: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 'latin1');
  head.writeUInt16LE(312, 10);
  return Buffer.concat([oggPage(0n, head, 2), oggPage(BigInt(seconds * 48_000 + 312), Buffer.alloc(200), 4)]);
}

function flac(samples: number, bytes: number): Buffer {
  const header = Buffer.alloc(42);
  header.write('fLaC', 'latin1');
  header.writeBigUInt64BE((16_000n << 44n) | (15n << 36n) | BigInt(samples), 18);
  return Buffer.concat([header, Buffer.alloc(bytes - 42)]);
}

function box(name: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, body]);
}

function movieHeader(scale: number, duration: number): Buffer {
  const body = Buffer.alloc(100);
  body.writeUInt32BE(scale, 12);
  body.writeUInt32BE(duration, 16);
  return box('mvhd', body);
}

/** As a browser records it: Segment and Cluster of unknown size, no duration. */
function webm(clusterMs: number, blockMs: number): Buffer {
  const block = Buffer.from([0xa3, 0x84, 0x81, blockMs >> 8, blockMs & 0xff, 0x80]);
  return Buffer.concat([
    Buffer.from('1a45dfa3844286810118538067ff', 'hex').subarray(0, 9),
    Buffer.from('18538067ff', 'hex'),
    Buffer.from('1f43b675ff', 'hex'),
    Buffer.from([0xe7, 0x82, clusterMs >> 8, clusterMs & 0xff]),
    block,
    Buffer.from([0xec, 0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from([0xec, 0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]);
}

describe('the length of audio', () => {
  test('of WAV is that of its samples', () => {
    expect(lengthOf(wav(16_000))).toEqual({ seconds: 1, isEstimated: false });
  });

  test.each([0, 0xffffffff, 0x7fffffff])(
    'of WAV that was piped counts what came, not the placeholder %d',
    (size) => {
      expect(lengthOf(wav(32_000, size))).toEqual({ seconds: 2, isEstimated: false });
    },
  );

  test('of WAV is that of its samples, whatever rate stands beside them', () => {
    const lying = wav(16_000);
    lying.writeUInt16LE(1, 20);
    lying.writeUInt16LE(1, 22);
    lying.writeUInt16LE(16, 34);
    lying.writeUInt32LE(4_000_000_000, 28);
    expect(lengthOf(lying)).toEqual({ seconds: 1, isEstimated: false });
  });

  test('of WAV that promises more than it holds is that of what it holds', () => {
    expect(lengthOf(wav(16_000, 10_000_000))?.seconds).toBe(1);
  });

  test('of MP3 is that of its frames, tags left out', () => {
    const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\x01\x00', 'latin1'), Buffer.alloc(128)]);
    const length = lengthOf(Buffer.concat([tag, mp3(100)]));
    expect(length?.seconds).toBeCloseTo(2.4, 6);
    expect(length?.isEstimated).toBe(false);
  });

  test('of AAC in ADTS is that of its frames', () => {
    // 24 kHz, mono, 20 bytes a frame.
    const frame = Buffer.concat([Buffer.from([0xff, 0xf1, 0x58, 0x40, 0x02, 0x9f, 0xfc]), Buffer.alloc(13)]);
    const length = lengthOf(Buffer.concat(Array.from({ length: 75 }, () => frame)));
    expect(length?.seconds).toBeCloseTo((75 * 1024) / 24_000, 6);
  });

  test('of Opus is that of its last page, and streams that follow one another add up', () => {
    expect(lengthOf(opus(3))?.seconds).toBe(3);
    expect(lengthOf(Buffer.concat([opus(3), opus(2)]))?.seconds).toBe(5);
  });

  test('of FLAC is what its header says', () => {
    expect(lengthOf(flac(32_000, 40_000))).toEqual({ seconds: 2, isEstimated: false });
  });

  test('of FLAC whose header lies or says nothing is estimated from its bytes', () => {
    expect(lengthOf(flac(1, 40_000))?.isEstimated).toBe(true);
    expect(lengthOf(flac(1, 40_000))?.seconds).toBeGreaterThan(1);
    expect(lengthOf(flac(0, 40_000))?.isEstimated).toBe(true);
  });

  test('of M4A is that of its movie header, before or after the samples', () => {
    const type = box('ftyp', Buffer.from('M4A \0\0\0\0', 'latin1'));
    const movie = box('moov', movieHeader(1_000, 12_500));
    const samples = box('mdat', Buffer.alloc(5_000));
    expect(lengthOf(Buffer.concat([type, movie, samples]))?.seconds).toBe(12.5);
    expect(lengthOf(Buffer.concat([type, samples, movie]))?.seconds).toBe(12.5);
  });

  test('of a file that claims to play longer or shorter than its bytes can is estimated, and says so', () => {
    const type = box('ftyp', Buffer.from('M4A \0\0\0\0', 'latin1'));
    const file = (scale: number, duration: number) =>
      Buffer.concat([type, box('moov', movieHeader(scale, duration)), box('mdat', Buffer.alloc(1_600_000))]);
    for (const lying of [file(1, 4_000_000_000), file(4_000_000_000, 1)]) {
      const timer = new AudioTimer('audio/mp4');
      timer.push(lying);
      expect(timer.length()).toEqual({ seconds: lying.length / 16_000, isEstimated: true });
    }
  });

  test('of WebM from a browser is that of its last block', () => {
    expect(lengthOf(webm(4_000, 500))).toEqual({ seconds: 4.52, isEstimated: false });
  });

  test('of raw samples is that of the declared rate', () => {
    expect(lengthOf(Buffer.alloc(44_100), 'audio/pcm;rate=22050')?.seconds).toBe(1);
    expect(lengthOf(Buffer.alloc(32_000), 'audio/pcm')?.seconds).toBe(1);
  });

  test('of anything else is estimated, and says so', () => {
    expect(lengthOf(Buffer.alloc(32_000, 'x'))).toEqual({ seconds: 2, isEstimated: true });
    expect(lengthOf(Buffer.from('short'))?.isEstimated).toBe(true);
  });

  test('of hostile bytes is found quickly', () => {
    const startedAt = performance.now();
    for (const magic of ['ID3', '\xff\xfb', 'RIFF', 'OggS', '\x1a\x45\xdf\xa3', '\0\0\0\x08ftyp']) {
      const timer = new AudioTimer('');
      timer.push(Buffer.concat([Buffer.from(magic, 'latin1'), Buffer.alloc(64 * 1024)]));
      for (let i = 0; i < 100; i++) timer.push(Buffer.alloc(64 * 1024, i));
      expect(Number.isFinite(timer.length().seconds)).toBe(true);
    }
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
