const FRAME_SECONDS = 0.024;
const FRAMES_PER_PIECE = 10;

// MPEG-1 layer III, 64 kb/s, 48 kHz, mono: 192 bytes a frame, no padding ever. All-zero side
// information means no main data: a decoder plays silence.
const SILENT_FRAME = Buffer.alloc(192);
SILENT_FRAME.writeUInt32BE(0xfffb54c4);

/** Silence of at least the given length as MP3. */
export function* encodeMp3(seconds: number): Generator<Buffer, undefined> {
  const piece = Buffer.concat(new Array<Buffer>(FRAMES_PER_PIECE).fill(SILENT_FRAME));
  let frames = Math.max(1, Math.ceil(seconds / FRAME_SECONDS));
  for (; frames > FRAMES_PER_PIECE; frames -= FRAMES_PER_PIECE) yield piece;
  yield piece.subarray(0, frames * SILENT_FRAME.length);
}
