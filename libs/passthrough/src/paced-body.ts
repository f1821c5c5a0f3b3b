import { Transform, type TransformCallback } from 'node:stream';
import { type GatewayError, type GatewayRequest, PayloadTooLargeError, SlowRequestError } from '@app/call';

/** As much as an upload of sound may have. */
export const MAX_BODY_BYTES = 1024 ** 3;
/** The sender has to deliver at least this much in each period in which it is waited for. */
const LEAST_BYTES = 1024;
const PERIOD_MS = 10_000;

interface Pace {
  readonly maxBytes: number;
  readonly periodMs: number;
}

/**
 * A body on its way to a backend, which is kept busy for as long as it comes. Fails with PayloadTooLargeError and
 * SlowRequestError.
 */
export class PacedBody extends Transform {
  readonly #maxBytes: number;
  readonly #pace: NodeJS.Timeout;
  #bytes = 0;
  #before = 0;

  constructor({ maxBytes, periodMs }: Pace = { maxBytes: MAX_BODY_BYTES, periodMs: PERIOD_MS }) {
    super();
    this.#maxBytes = maxBytes;
    this.#pace = setInterval(() => this.#judge(), periodMs).unref();
    // It may fail before anybody asks for it.
    this.on('error', () => clearInterval(this.#pace));
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) done(new PayloadTooLargeError(this.#maxBytes));
    else done(null, chunk);
  }

  override _destroy(error: GatewayError | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#pace);
    done(error);
  }

  #judge(): void {
    const isHeldUp = this.writableNeedDrain || this.readableLength >= this.readableHighWaterMark;
    if (this.writableEnded) clearInterval(this.#pace);
    else if (!isHeldUp && this.#bytes - this.#before < LEAST_BYTES) this.destroy(new SlowRequestError());
    this.#before = this.#bytes;
  }
}

/**
 * The body of a request that nobody has read; null where it has none.
 * @throws PayloadTooLargeError where it tells so itself
 */
export function pacedBodyOf(req: GatewayRequest): PacedBody | null {
  const length = Number(req.headers['content-length'] ?? 0);
  if (length > MAX_BODY_BYTES) throw new PayloadTooLargeError(MAX_BODY_BYTES);
  if (length === 0 && req.headers['transfer-encoding'] === undefined) return null;
  const body = new PacedBody();
  req.once('close', () => {
    if (!req.complete) body.destroy();
  });
  return req.pipe(body);
}
