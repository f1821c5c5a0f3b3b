import { type AudioClock } from '../audio-clock.js';
import { FrameWalker, type Step } from './frame-walker.js';

/** The longest ID, the longest length, and the longest value that is read. */
const LOOK_BYTES = 4 + 8 + 8;
/** Segment, Info, Cluster, BlockGroup. */
const CONTAINERS = new Set([0x18538067, 0x1549a966, 0x1f43b675, 0xa0]);
const TIME_SCALE = 0x2ad7b1;
const CLUSTER_TIME = 0xe7;
const BLOCKS = new Set([0xa3, 0xa1]);
const NANOSECONDS = 1e9;
/** The last block plays too: 20 ms of Opus at the least. */
const LAST_BLOCK_SECONDS = 0.02;

/** Reads the times of the blocks in WebM and Matroska: recordings from a browser have no duration. */
export class WebmClock implements AudioClock {
  #scale = 1_000_000;
  #cluster = 0;
  #last = -1;
  readonly #walker = new FrameWalker(LOOK_BYTES, (bytes, at) => this.#visit(bytes, at));

  push(chunk: Buffer): void {
    this.#walker.push(chunk);
  }

  seconds(): number | null {
    return this.#last < 0 ? null : (this.#last * this.#scale) / NANOSECONDS + LAST_BLOCK_SECONDS;
  }

  #visit(bytes: Buffer, at: number): Step | null {
    const idBytes = lengthOf(bytes[at]);
    if (idBytes > 4) return null;
    const id = bytes.readUIntBE(at, idBytes);
    const sizeBytes = lengthOf(bytes[at + idBytes]);
    if (sizeBytes > 8) return null;
    const head = idBytes + sizeBytes;
    if (CONTAINERS.has(id)) return { advance: head, need: LOOK_BYTES };
    const size = numberAt(bytes, at + idBytes, sizeBytes, 0xff >> sizeBytes);
    if (size === null) return null;
    if (BLOCKS.has(id)) this.#block(bytes, at + head);
    else if (id === TIME_SCALE || id === CLUSTER_TIME) {
      this.#time(id, numberAt(bytes, at + head, Math.min(size, 8), 0xff));
    }
    return { advance: head + size, need: LOOK_BYTES };
  }

  #time(id: number, value: number | null): void {
    if (value === null) return;
    if (id === TIME_SCALE) this.#scale = value;
    else this.#cluster = value;
  }

  /** After the track's number comes the time within the cluster, signed. */
  #block(bytes: Buffer, at: number): void {
    const trackBytes = lengthOf(bytes[at]);
    if (trackBytes > 8) return;
    this.#last = Math.max(this.#last, this.#cluster + bytes.readInt16BE(at + trackBytes));
  }
}

/** The first set bit of the first byte tells how many there are; 9 for none. */
const lengthOf = (first: number | undefined): number => Math.clz32(first ?? 0) - 23;

/** An unsigned number; null where it is unknown, which all bits set mean in a length, or not believable. */
function numberAt(bytes: Buffer, at: number, length: number, mask: number): number | null {
  let value = (bytes[at] ?? 0) & mask;
  let isUnknown = value === mask && mask < 0xff;
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index] ?? 0;
    isUnknown &&= byte === 0xff;
    value = value * 256 + byte;
  }
  return isUnknown || !Number.isSafeInteger(value) ? null : value;
}
