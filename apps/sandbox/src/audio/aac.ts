const RATE = 24_000;
const FRAME_SECONDS = 1024 / RATE;
const FRAMES_PER_PIECE = 6;

// One mono element without a single scale factor band, then the end mark: silence in 32 bits.
const SILENT_BLOCK = [0x00, 0x00, 0x00, 0x07];
const SAMPLING_INDEX = 6;

function adtsFrame(): Buffer {
  const length = 7 + SILENT_BLOCK.length;
  const profileRateChannels = (1 << 6) | (SAMPLING_INDEX << 2);
  const header = [0xff, 0xf1, profileRateChannels, (1 << 6) | (length >> 11), (length >> 3) & 0xff];
  return Buffer.from([...header, ((length & 7) << 5) | 0x1f, 0xfc, ...SILENT_BLOCK]);
}

/** Silence of at least the given length as AAC-LC in ADTS frames, 24 kHz mono. */
export function* encodeAac(seconds: number): Generator<Buffer, undefined> {
  const frame = adtsFrame();
  const piece = Buffer.concat(new Array<Buffer>(FRAMES_PER_PIECE).fill(frame));
  let frames = Math.max(1, Math.ceil(seconds / FRAME_SECONDS));
  for (; frames > FRAMES_PER_PIECE; frames -= FRAMES_PER_PIECE) yield piece;
  yield piece.subarray(0, frames * frame.length);
}
