import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const STAMP = /"written_us":(\d+)/g;
const STEP_MS = 20;

/** Streams that stay open: how late each event arrives after the upstream wrote it, on one machine's steady clock. */
export class StampedStreams {
  #lateMs: number[] = [];
  /** Ended before they were told to, or answered by an error. */
  dropped = 0;
  begun = 0;
  #isEnding = false;
  readonly #open = new Set<Socket>();
  readonly #port: number;
  readonly #request: Buffer;

  constructor(port: number, request: Buffer) {
    this.#port = port;
    this.#request = request;
  }

  /** Opens `count` more, spread over `overMs`. */
  async start(count: number, overMs: number): Promise<void> {
    const perStep = Math.max(1, Math.ceil((count * STEP_MS) / overMs));
    for (let opened = 0; opened < count; opened += perStep) {
      for (let at = opened; at < Math.min(count, opened + perStep); at += 1) this.#begin();
      await sleep(STEP_MS);
    }
  }

  /** What arrives during the next `ms`, sorted by how late it is. */
  async measure(ms: number): Promise<{ readonly lateMs: readonly number[]; readonly seconds: number }> {
    this.#lateMs = [];
    const startedAt = performance.now();
    await sleep(ms);
    const [lateMs, seconds] = [this.#lateMs, (performance.now() - startedAt) / 1_000];
    return { lateMs: [...Float64Array.from(lateMs).sort()], seconds };
  }

  get open(): number {
    return this.#open.size;
  }

  stop(): void {
    this.#isEnding = true;
    for (const socket of this.#open) socket.destroy();
  }

  #begin(): void {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.begun += 1;
    this.#open.add(socket);
    socket.write(this.#request);
    socket.on('data', (bytes: Buffer) => {
      const nowUs = Number(process.hrtime.bigint() / 1_000n);
      for (const [, stamp] of bytes.toString('latin1').matchAll(STAMP)) {
        this.#lateMs.push((nowUs - Number(stamp)) / 1_000);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#open.delete(socket);
      if (!this.#isEnding) this.dropped += 1;
    });
  }
}
