import { type ServerResponse } from 'node:http';
import { type AnswerClient } from '@app/upstream';

/** A client that takes nothing for so long keeps those waiting who asked the same. */
const STALLED_MS = 5_000;

/** Stands before a client and remembers what it gets, so that others may get it too. */
export class AnswerCopy implements AnswerClient {
  #pieces: Buffer[] | null = [];
  #length = 0;
  #isWhole = false;
  #stalled: NodeJS.Timeout | undefined;

  /**
   * @param maxBytes what is longer is not remembered
   * @param onStall the client has become slow
   */
  constructor(
    readonly client: ServerResponse,
    private readonly maxBytes: number,
    private readonly onStall: () => void,
  ) {}

  /** All that the client was sent; null unless it has the whole of it. */
  get body(): Buffer | null {
    return this.#isWhole && this.#pieces ? Buffer.concat(this.#pieces, this.#length) : null;
  }

  get destroyed(): boolean {
    return this.client.destroyed;
  }

  get headersSent(): boolean {
    return this.client.headersSent;
  }

  writeHead(status: number, headers: string[]): void {
    this.client.writeHead(status, headers);
  }

  write(bytes: Buffer): boolean {
    this.#take(bytes);
    clearTimeout(this.#stalled);
    const takesMore = this.client.write(bytes);
    if (!takesMore) {
      this.#stalled = setTimeout(this.onStall, STALLED_MS);
      this.client.once('drain', () => clearTimeout(this.#stalled));
    }
    return takesMore;
  }

  end(bytes?: Buffer): void {
    if (bytes) this.#take(bytes);
    // Nothing is written to a client that has left: then pieces are missing.
    this.#isWhole = !this.client.destroyed;
    this.client.end(bytes);
  }

  on(event: 'drain', listener: () => void): void {
    this.client.on(event, listener);
  }

  removeListener(event: 'drain', listener: () => void): void {
    clearTimeout(this.#stalled);
    this.client.removeListener(event, listener);
  }

  #take(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length > this.maxBytes) this.#pieces = null;
    this.#pieces?.push(bytes);
  }
}
