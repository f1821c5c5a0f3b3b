/** How far to go from here, and how many bytes have to be there for the next look. */
export interface Step {
  readonly advance: number;
  readonly need: number;
}

/** Looks at `bytes` from `at`; at least as many bytes as were asked for are there. Null gives up. */
export type Visit = (bytes: Buffer, at: number) => Step | null;

const NOTHING = Buffer.alloc(0);

/** Walks through frames that tell their own length, however the bytes are cut. Keeps no more than one header. */
export class FrameWalker {
  #pending: Buffer = NOTHING;
  #skip = 0;
  #isLost = false;

  constructor(
    private need: number,
    private readonly visit: Visit,
  ) {}

  /** Nothing more will be looked at. */
  get isLost(): boolean {
    return this.#isLost;
  }

  push(chunk: Buffer): void {
    if (this.#isLost) return;
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    if (skipped === chunk.length) return;
    const fresh = skipped === 0 ? chunk : chunk.subarray(skipped);
    this.#walk(this.#pending.length === 0 ? fresh : Buffer.concat([this.#pending, fresh]));
  }

  #walk(bytes: Buffer): void {
    let at = 0;
    while (bytes.length - at >= this.need) {
      const step = this.visit(bytes, at);
      if (!step) {
        this.#isLost = true;
        this.#pending = NOTHING;
        return;
      }
      at += step.advance;
      this.need = step.need;
    }
    this.#skip = Math.max(0, at - bytes.length);
    // A copy: the chunk itself may be large.
    this.#pending = at < bytes.length ? Buffer.from(bytes.subarray(at)) : NOTHING;
  }
}
