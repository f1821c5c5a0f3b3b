import { type IncomingHttpHeaders } from 'node:http';
import { type Socket } from 'node:net';
import { type Dispatcher } from 'undici';
import { type SocketHandler } from './socket-client.js';

/** Who reads a body; told of its end or its failure, never of both. */
export interface BodyConsumer {
  data(chunk: Buffer): void;
  end(): void;
  error(error: Error): void;
}

export interface ReplyHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** A server that sends more `1xx` than this is not about to answer. */
const MAX_INFORMATIONAL = 32;
/** Held while nobody reads yet; then the socket waits. */
const MAX_WAITING_BYTES = 64 * 1024;
/** How long an upstream may take to notice that it was left. */
const FAREWELL_MS = 90;

/**
 * One request and its answer, taken from the connection piece by piece. There is no stream in between: at
 * the pace of tokens that would be most of the cost.
 */
export class Exchange implements SocketHandler {
  socket: (() => Socket | null) | null = null;
  readonly #head = Promise.withResolvers<ReplyHead>();
  #controller: Dispatcher.DispatchController | null = null;
  #consumer: BodyConsumer | null = null;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #informational = 0;
  #isPaused = false;
  #ended = false;
  #failure: Error | null = null;
  #leaving: { readonly reason: Error; readonly socket: Socket } | null = null;

  /** Resolves when status and headers are there. */
  head(): Promise<ReplyHead> {
    return this.#head.promise;
  }

  /** Hands over what has come and what comes. */
  consume(consumer: BodyConsumer): void {
    this.#consumer = consumer;
    for (const chunk of this.#waiting.splice(0)) consumer.data(chunk);
    if (this.#failure) consumer.error(this.#failure);
    else if (this.#ended) consumer.end();
    else this.resume();
  }

  pause(): void {
    this.#isPaused = true;
    this.#controller?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#controller?.resume();
  }

  /** Closes the connection, whatever state it is in. */
  abort(reason: Error): void {
    if (this.#ended || this.#failure) return;
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  /**
   * The client has left. The upstream is told so by half a close: what it wrote until it noticed was produced for this
   * client, so it is still read and counted. An upstream that does not notice is cut off.
   */
  leave(reason: Error): void {
    const socket = this.socket?.();
    if (!this.#consumer || !socket || this.#ended || this.#failure) {
      this.abort(reason);
      return;
    }
    this.#leaving = { reason, socket };
    socket.end();
    this.resume();
    setTimeout(() => this.abort(reason), FAREWELL_MS).unref();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure) controller.abort(this.#failure);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // Kept as long as the answer lasts otherwise: a buffer for each name and each value.
    controller.rawHeaders = null;
    if (status >= 200) this.#head.resolve({ status, headers });
    else if (++this.#informational > MAX_INFORMATIONAL)
      this.abort(new Error('too many informational answers'));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#failure) return;
    if (this.#consumer) {
      this.#consumer.data(chunk);
      return;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.pause();
  }

  onResponseEnd(): void {
    if (this.#failure) return;
    this.#ended = true;
    // Half closed: no other request may go there.
    this.#leaving?.socket.destroy();
    this.#consumer?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(this.#leaving?.reason ?? error);
  }

  #fail(error: Error): void {
    if (this.#ended || this.#failure) return;
    this.#failure = error;
    this.#head.reject(error);
    this.#consumer?.error(error);
  }
}

/** The whole body, or its beginning where it is longer than `limit`: `isWhole` tells. */
export function collect(exchange: Exchange, limit: number): Promise<{ bytes: Buffer; isWhole: boolean }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const joined = (): Buffer => (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
    exchange.consume({
      data: (chunk) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= limit) return;
        resolve({ bytes: joined().subarray(0, limit), isWhole: false });
        exchange.abort(new Error('more than was asked for'));
      },
      end: () => resolve({ bytes: joined(), isWhole: true }),
      error: reject,
    });
  });
}
