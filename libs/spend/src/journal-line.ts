import { crc32 } from 'node:zlib';

/** What a line of the journal says; its first byte. */
export const LINE = {
  /** Who writes the segment. */
  owner: 0x48,
  /** Texts that later lines name by number. */
  words: 0x57,
  /** A call has begun. */
  begun: 0x42,
  /** A long stream has got this far. */
  progress: 0x50,
  /** A call has ended: the row. */
  ended: 0x45,
  /** The owner will write no more here. */
  sealed: 0x53,
} as const;

export type LineKind = (typeof LINE)[keyof typeof LINE];

/** One byte for the kind, eight hexadecimal digits of CRC-32 over kind and JSON. */
const PREFIX_BYTES = 9;
const NEWLINE = 0x0a;

/** Longest line that the writer makes: the lengths of all texts in it are capped. */
export const MAX_LINE_BYTES = 128 * 1024;

/** Writes a line at the start of `target` and returns its length in bytes. */
export function encodeLine(target: Buffer, kind: LineKind, json: string): number {
  const end = PREFIX_BYTES + target.write(json, PREFIX_BYTES);
  let sum = crc32(target.subarray(PREFIX_BYTES, end), kind);
  for (let index = PREFIX_BYTES - 1; index > 0; index--) {
    const digit = sum & 15;
    target[index] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    sum >>>= 4;
  }
  target[0] = kind;
  target[end] = NEWLINE;
  return end + 1;
}

/** Sees each intact line; the JSON stands in `bytes` from `start` to `end`. Returning false stops after it. */
export type LineVisitor = (kind: number, start: number, end: number) => boolean;

export interface Scan {
  /** Bytes up to the end of the last complete line that was seen. */
  readonly consumed: number;
  readonly damaged: number;
}

/** Reads complete lines; a damaged one is counted and skipped up to its newline. */
export function scanLines(bytes: Buffer, visit: LineVisitor): Scan {
  let consumed = 0;
  let damaged = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, consumed);
    if (end < 0) return { consumed, damaged };
    const start = consumed;
    consumed = end + 1;
    if (!isIntact(bytes, start, end)) damaged += 1;
    else if (!visit(bytes[start] ?? 0, start + PREFIX_BYTES, end)) return { consumed, damaged };
  }
}

function isIntact(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < PREFIX_BYTES) return false;
  let sum = 0;
  for (let index = start + 1; index < start + PREFIX_BYTES; index++) {
    const byte = bytes[index] ?? 0;
    // Anything but 0-9 a-f gives a value outside 0..15 and is refused.
    const digit = byte >= 0x61 ? byte - 0x57 : byte >= 0x3a ? -1 : byte - 0x30;
    if (digit < 0 || digit > 15) return false;
    sum = (sum << 4) | digit;
  }
  return sum >>> 0 === crc32(bytes.subarray(start + PREFIX_BYTES, end), bytes[start]);
}
