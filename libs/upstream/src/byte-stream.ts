import { type ServerResponse } from 'node:http';
import { ClientClosedRequestError, type GatewayError, UpstreamError } from '@app/call';
import { type AttemptScope } from './attempt-scope.js';
import { connectionError } from './upstream-errors.js';
import { type UpstreamReply } from './upstream.client.js';

/** A client that takes nothing for so long is gone. */
const STALLED_CLIENT_MS = 30_000;
/** Held until the client is there. */
const MAX_HELD_BYTES = 64 * 1024;

/** Sees an answer pass, and may change it. What it throws ends the stream. */
export interface ByteFilter {
  /** What to send for a chunk. */
  push(chunk: Buffer): readonly Buffer[];
  /** The upstream's orderly end: what is left to send. @throws UpstreamError where the answer cannot be whole */
  end(): readonly Buffer[];
}

export interface ByteStreamOptions {
  readonly scope: AttemptScope;
  readonly idleMs: number;
}

/**
 * An answer of bytes on its way. First {@link opened} waits for the first of them, so that an answer without any can
 * still be tried elsewhere; then {@link relayTo} sends them as they come, at the pace of the client.
 */
export class ByteStream {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #hasBegun = false;
  #settled = false;
  #client: ServerResponse | null = null;
  #stalled: NodeJS.Timeout | undefined;
  readonly #opened = Promise.withResolvers<undefined>();
  readonly #ended = Promise.withResolvers<undefined>();

  constructor(
    private readonly reply: UpstreamReply,
    private readonly filter: ByteFilter,
    private readonly options: ByteStreamOptions,
  ) {
    // Either may fail while nobody waits for it yet.
    this.#opened.promise.catch(() => undefined);
    this.#ended.promise.catch(() => undefined);
    reply.body.consume({
      data: (chunk) => this.#guarded(() => this.#onData(chunk)),
      end: () => this.#guarded(() => this.#onEnd()),
      error: (error) => this.#fail(connectionError(error)),
    });
  }

  /** Resolves with the first byte. @throws UpstreamError, also for an answer that ends without any */
  opened(): Promise<void> {
    return this.#opened.promise;
  }

  /**
   * Sends what has come and what comes. Resolves when all is sent: {@link finish} then tells the client that it was all.
   * @throws UpstreamError, or ClientClosedRequestError when the client leaves or takes nothing for 30 s
   */
  relayTo(client: ServerResponse): Promise<void> {
    this.#client = client;
    client.on('drain', this.#onDrain);
    const held = this.#held;
    this.#held = [];
    // In this order: going on may bring the next data at once.
    if (this.#send(held)) this.reply.body.resume();
    return this.#ended.promise.finally(() => {
      clearTimeout(this.#stalled);
      client.removeListener('drain', this.#onDrain);
    });
  }

  finish(): void {
    this.#client?.end();
  }

  #onData(chunk: Buffer): void {
    if (this.#settled || chunk.length === 0) return;
    const { scope, idleMs } = this.options;
    if (this.#hasBegun) scope.touch();
    else scope.stage(idleMs, 'The upstream stopped in the middle of its answer.', false);
    this.#hasBegun = true;
    this.#send(this.filter.push(chunk));
    this.#opened.resolve(undefined);
  }

  #onEnd(): void {
    if (this.#settled) return;
    if (!this.#hasBegun) throw new UpstreamError(502, 'The upstream answered with nothing.', true);
    this.#send(this.filter.end());
    this.#settled = true;
    this.#ended.resolve(undefined);
  }

  /** Whether more may come at once. */
  #send(pieces: readonly Buffer[]): boolean {
    if (!this.#client) {
      this.#hold(pieces);
      return true;
    }
    let takesMore = true;
    for (const piece of pieces) takesMore = this.#client.write(piece);
    if (takesMore) return true;
    this.reply.body.pause();
    this.options.scope.hold();
    clearTimeout(this.#stalled);
    this.#stalled = setTimeout(() => this.#fail(new ClientClosedRequestError()), STALLED_CLIENT_MS);
    return false;
  }

  #hold(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      this.#held.push(piece);
      this.#heldBytes += piece.length;
    }
    if (this.#heldBytes > MAX_HELD_BYTES) this.reply.body.pause();
  }

  readonly #onDrain = (): void => {
    clearTimeout(this.#stalled);
    if (this.#settled) return;
    this.options.scope.goOn();
    this.reply.body.resume();
  };

  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(connectionError(error));
    }
  }

  #fail(error: GatewayError): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#opened.reject(error);
    this.#ended.reject(error);
    this.reply.body.abort(error);
  }
}
