import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Many event streams at once, each begun anew when it ends; counts the frames that arrive. */
export class StreamLoad {
  #frames = 0;
  #failures = 0;
  #ended = 0;
  #ending = false;
  readonly #open = new Set<Socket>();

  readonly #port: number;
  readonly #request: Buffer;
  readonly #count: number;

  constructor(port: number, request: Buffer, count: number) {
    this.#port = port;
    this.#request = request;
    this.#count = count;
  }

  /** Starts the streams spread over `overMs`, so that they do not tick together. */
  async start(overMs: number): Promise<void> {
    for (let i = 0; i < this.#count; i += 1) {
      this.#begin();
      if (i % 10 === 9) await sleep((overMs / this.#count) * 10);
    }
  }

  async measure(
    ms: number,
  ): Promise<{ readonly frames: number; readonly seconds: number; readonly failures: number }> {
    const [frames, failures, startedAt] = [this.#frames, this.#failures, performance.now()];
    await sleep(ms);
    const seconds = (performance.now() - startedAt) / 1000;
    return { frames: this.#frames - frames, seconds, failures: this.#failures - failures };
  }

  get streamsEnded(): number {
    return this.#ended;
  }

  stop(): void {
    this.#ending = true;
    for (const socket of this.#open) socket.destroy();
  }

  #begin(): void {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#open.add(socket);
    let first = true;
    let whole = false;
    socket.write(this.#request);
    socket.on('data', (bytes: Buffer) => {
      if (first && bytes.toString('latin1', 9, 12) !== '200') this.#failures += 1;
      first = false;
      this.#frames += framesIn(bytes);
      if (bytes.includes('data: [DONE]')) {
        whole = true;
        socket.destroy();
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#open.delete(socket);
      if (this.#ending) return;
      if (whole) this.#ended += 1;
      else this.#failures += 1;
      this.#begin();
    });
  }
}

/** An event ends with an empty line; a chunk of the transfer coding never does that by itself. */
function framesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf('\n\n'); at >= 0; at = bytes.indexOf('\n\n', at + 2)) {
    count += 1;
  }
  return count;
}
