import { ClientClosedRequestError, UpstreamError } from '@app/call';
import { type AttemptScope } from './attempt-scope.js';
import { type AnswerClient, type StreamSplicer } from './stream-splicer.js';
import { connectionError } from './upstream-errors.js';
import { type UpstreamReply } from './upstream.client.js';
import { type UsageMeter } from './usage-meter.js';

const SSE_TYPE = /^text\/event-stream\s*(?:;|$)/i;
/** A client that takes nothing for so long is gone. */
const STALLED_CLIENT_MS = 30_000;
/** Frames without content that are kept back for a while. */
const MAX_HELD_BYTES = 64 * 1024;
/** Read in one turn of the event loop. */
const MAX_TURN_BYTES = 32 * 1024;
/** Left after the end of the answer: read away so that the connection can be used again. */
const MAX_TAIL_BYTES = 64 * 1024;

export interface StreamOptions {
  readonly scope: AttemptScope;
  readonly idleMs: number;
}

/**
 * A streamed answer on its way. First {@link opened} waits for content, so that a stream which fails before it
 * can still be tried elsewhere; then {@link relayTo} sends it on at the pace of the client.
 */
export class SseStream {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #settled = false;
  #tailBytes = 0;
  #turnBytes = 0;
  /** Paused until the next turn of the event loop. */
  #isWaiting = false;
  /** Paused until the client has taken what it was sent. */
  #isStalled = false;
  #client: AnswerClient | null = null;
  #stalled: NodeJS.Timeout | undefined;
  readonly #opened = Promise.withResolvers<undefined>();
  readonly #ended = Promise.withResolvers<undefined>();

  constructor(
    private readonly reply: UpstreamReply,
    private readonly splicer: StreamSplicer,
    private readonly meter: UsageMeter,
    private readonly options: StreamOptions,
  ) {
    // Either may fail while nobody waits for it yet.
    this.#opened.promise.catch(() => undefined);
    this.#ended.promise.catch(() => undefined);
    if (!SSE_TYPE.test(reply.headers['content-type'] ?? '')) {
      this.#fail(
        new UpstreamError(502, 'The upstream answered with something that is no event stream.', true),
      );
      return;
    }
    reply.body.consume({
      data: (chunk) => this.#onData(chunk),
      end: () => this.#onEnd(),
      error: (error) => this.#fail(connectionError(error)),
    });
  }

  /** Resolves with the first content, or with an orderly end without any. @throws UpstreamError */
  opened(): Promise<void> {
    return this.#opened.promise;
  }

  /**
   * Sends what has come and what comes. Resolves when all but the last frame is sent: {@link finish} sends that.
   * @throws UpstreamError, or ClientClosedRequestError when the client leaves or takes nothing for 30 s
   */
  relayTo(client: AnswerClient): Promise<void> {
    this.#client = client;
    client.on('drain', this.#onDrain);
    // In this order: going on may bring the next data at once.
    this.#send(this.#held);
    this.#held = [];
    this.#resume();
    return this.#ended.promise.finally(() => {
      clearTimeout(this.#stalled);
      client.removeListener('drain', this.#onDrain);
    });
  }

  /** The last bytes, after the call is on the books. */
  finish(): void {
    this.#client?.end(this.splicer.lastFrame);
  }

  #onData(chunk: Buffer): void {
    if (this.#settled) {
      this.#tailBytes += chunk.length;
      if (this.#tailBytes > MAX_TAIL_BYTES) this.reply.body.abort(new Error('the answer does not end'));
      return;
    }
    const before = this.meter.seenTokens;
    const out = this.splicer.push(chunk);
    if (this.splicer.done) out.push(...this.splicer.finish());
    if (this.meter.seenTokens !== before) this.#progressed(before === 0);
    this.#send(out);
    if (this.splicer.failure) this.#fail(this.#cleaned(this.splicer.failure));
    else if (this.splicer.done) this.#complete();
    else this.#yieldTurn(chunk.length);
  }

  /** A flood of tiny events is many thousand per megabyte: others get their turn in between. */
  #yieldTurn(bytes: number): void {
    this.#turnBytes += bytes;
    if (this.#turnBytes < MAX_TURN_BYTES || this.#isWaiting) return;
    this.#isWaiting = true;
    this.reply.body.pause();
    setImmediate(() => {
      this.#turnBytes = 0;
      this.#isWaiting = false;
      this.#resume();
    });
  }

  /** Goes on unless the client, or the turn of others, is waited for. */
  #resume(): void {
    if (!this.#isWaiting && !this.#isStalled) this.reply.body.resume();
  }

  #progressed(isFirst: boolean): void {
    const { scope, idleMs } = this.options;
    if (isFirst) {
      scope.stage(idleMs, 'The upstream stopped in the middle of its answer.', false);
      this.#opened.resolve(undefined);
    } else scope.touch();
  }

  #send(pieces: readonly Buffer[]): void {
    if (pieces.length === 0) return;
    if (!this.#client) {
      this.#hold(pieces);
      return;
    }
    // Only counted: nobody is there to take it.
    const [only] = pieces;
    const bytes = only && pieces.length === 1 ? only : Buffer.concat(pieces);
    if (this.#client.destroyed || this.#client.write(bytes)) return;
    this.reply.body.pause();
    this.#isStalled = true;
    this.options.scope.hold();
    clearTimeout(this.#stalled);
    this.#stalled = setTimeout(() => this.#fail(new ClientClosedRequestError()), STALLED_CLIENT_MS);
  }

  /** Frames without content wait for the first content; a flood of them counts as the answer. */
  #hold(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      this.#held.push(piece);
      this.#heldBytes += piece.length;
    }
    if (this.#heldBytes > MAX_HELD_BYTES) {
      this.#opened.resolve(undefined);
      this.reply.body.pause();
    }
  }

  readonly #onDrain = (): void => {
    clearTimeout(this.#stalled);
    if (this.#isStalled && !this.#settled) this.options.scope.goOn();
    this.#isStalled = false;
    this.#resume();
  };

  #onEnd(): void {
    if (this.#settled) return;
    this.#send(this.splicer.finish());
    if (this.splicer.failure) this.#fail(this.#cleaned(this.splicer.failure));
    else if (this.splicer.done) this.#complete();
    else this.#fail(new UpstreamError(502, 'The upstream ended its answer too early.', true));
  }

  /** What a backend says inside a stream may repeat its key, as well as what it says with a status. */
  #cleaned(failure: Error): Error {
    failure.message = this.reply.cleaned(failure.message);
    return failure;
  }

  #complete(): void {
    this.#settled = true;
    this.meter.completed();
    this.#opened.resolve(undefined);
    this.#ended.resolve(undefined);
    this.reply.body.resume();
  }

  #fail(error: Error): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#opened.reject(error);
    this.#ended.reject(error);
    this.reply.body.abort(error);
  }
}
