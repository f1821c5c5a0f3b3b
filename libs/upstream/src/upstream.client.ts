import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { type Readable } from 'node:stream';
import { Pool, type Dispatcher } from 'undici';
import { type Deployment, type JsonValue, UpstreamError } from '@app/call';
import { ForbiddenAddressError, gatedLookup, mayConnectTo } from './outbound-gate.js';
import { connectionError, errorFromReply } from './upstream-errors.js';
import { joinPath } from './upstream-path.js';

/** Where requests go: frozen by configuration, never chosen by a client. */
export type Destination = Pick<Deployment, 'origin' | 'basePath' | 'apiKey' | 'extraHeaders' | 'timeouts'>;

export interface UpstreamRequest {
  /** Below the destination's base path, beginning with `/`. */
  readonly path: string;
  /** Pieces of the body, sent one after the other. */
  readonly body: readonly Buffer[];
  readonly contentType: string;
  readonly accept: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** An answer with a status below 300; its body has not been read. */
export interface UpstreamReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

export const ALLOW_PRIVATE_UPSTREAMS = Symbol('allow private upstreams');

const MAX_LISTING_BYTES = 4 * 1024 * 1024;

/** The one way out. Redirects are not followed, bodies are not decompressed, no client header passes unnamed. */
@Injectable()
export class UpstreamClient implements OnApplicationShutdown {
  readonly #pools = new Map<string, Pool>();

  constructor(@Inject(ALLOW_PRIVATE_UPSTREAMS) private readonly allowPrivate: boolean) {}

  /**
   * Posts a body and waits for the headers of the answer.
   * @throws UpstreamError for every failure, and for answers that are no success
   */
  async post(destination: Destination, request: UpstreamRequest): Promise<UpstreamReply> {
    const pool = this.#poolOf(destination);
    const path = joinPath(destination.basePath, request.path);
    const headers = requestHeaders(destination, request);
    let answer: Dispatcher.ResponseData;
    try {
      answer = await pool.request({
        method: 'POST',
        path,
        headers,
        body: bodyOf(request.body),
        signal: request.signal,
      });
    } catch (error) {
      throw connectionError(error, request.signal);
    }
    if (answer.statusCode >= 300 || answer.statusCode < 200) {
      throw await errorFromReply(answer, destination.apiKey);
    }
    refuseEncoded(answer);
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }

  /**
   * Reads a small JSON document, for listings and probes.
   * @throws UpstreamError
   */
  async getJson(destination: Destination, path: string, options: { timeoutMs: number }): Promise<JsonValue> {
    const signal = AbortSignal.timeout(options.timeoutMs);
    const headers = requestHeaders(destination, { contentType: '', accept: 'application/json' });
    try {
      const answer = await this.#poolOf(destination).request({
        method: 'GET',
        path: joinPath(destination.basePath, path),
        headers,
        signal,
      });
      if (answer.statusCode !== 200) throw await errorFromReply(answer, destination.apiKey);
      refuseEncoded(answer);
      return JSON.parse(await readText(answer.body, MAX_LISTING_BYTES)) as JsonValue;
    } catch (error) {
      if (error instanceof SyntaxError)
        throw new UpstreamError(502, 'The upstream answered with invalid JSON.', true);
      throw connectionError(error, signal);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.allSettled([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #poolOf({ origin, timeouts }: Destination): Pool {
    const name = `${origin} ${timeouts.connectMs}`;
    const known = this.#pools.get(name);
    if (known) return known;
    const host = new URL(origin).hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !mayConnectTo(host, this.allowPrivate)) {
      throw connectionError(new ForbiddenAddressError(host), null);
    }
    const pool = new Pool(origin, {
      // A model may load for minutes before the first byte: deadlines are the caller's, by signal.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
      connect: { timeout: timeouts.connectMs, lookup: gatedLookup(this.allowPrivate) },
    });
    this.#pools.set(name, pool);
    return pool;
  }
}

function requestHeaders(
  destination: Destination,
  request: Pick<UpstreamRequest, 'contentType' | 'accept' | 'headers'>,
): Record<string, string> {
  const headers: Record<string, string> = {
    accept: request.accept,
    'accept-encoding': 'identity',
    'user-agent': 'llm-gateway',
    ...request.headers,
    ...destination.extraHeaders,
  };
  if (request.contentType !== '') headers['content-type'] = request.contentType;
  if (destination.apiKey) headers['authorization'] = `Bearer ${destination.apiKey.reveal()}`;
  return headers;
}

function bodyOf(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
}

function refuseEncoded(answer: Dispatcher.ResponseData): void {
  const encoding = answer.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return;
  answer.body.destroy();
  throw new UpstreamError(502, 'The upstream answered in an encoding that was not asked for.', true);
}

/** At most `limit` bytes of a body as text; a longer one is an error. */
export async function readText(body: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit)
      throw new UpstreamError(502, `The upstream answered with more than ${limit} bytes.`, true);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString();
}
