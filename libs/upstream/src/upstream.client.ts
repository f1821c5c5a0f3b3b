import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { Pool } from 'undici';
import { ClientClosedRequestError, type Deployment, type JsonValue, UpstreamError } from '@app/call';
import { AttemptScope } from './attempt-scope.js';
import { collect, Exchange, type ReplyHead } from './exchange.js';
import { ForbiddenAddressError, gatedLookup, mayConnectTo } from './outbound-gate.js';
import { SocketClient } from './socket-client.js';
import { connectionError, credentialsIn, errorFromReply, withoutKeys } from './upstream-errors.js';
import { joinPath } from './upstream-path.js';

/** A connection to a name is used for so long: then the name is looked up again, and may lead elsewhere. */
const NAME_TTL_MS = 30_000;

/** Where requests go: frozen by configuration, never chosen by a client. */
export type Destination = Pick<
  Deployment,
  'origin' | 'basePath' | 'apiKey' | 'keyHeader' | 'query' | 'extraHeaders' | 'timeouts'
>;

export interface UpstreamRequest {
  /** Below the destination's base path, beginning with `/`. */
  readonly path: string;
  /** The path lies beside the `/v1` of the base path, not below it. */
  readonly isBesideVersion?: boolean;
  /** POST unless told; without it there is no body. */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Beside the destination's own: `limit=20`. */
  readonly query?: string;
  /** Headers of the protocol that is spoken, such as its version. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces of the body, sent one after the other, or what comes from somewhere else, taken at the upstream's pace. */
  readonly body: readonly Buffer[] | Readable;
  readonly contentType: string;
  /** Of a body that is read; without it the body goes in chunks. */
  readonly contentLength?: number;
  readonly accept: string;
  readonly scope: AttemptScope;
  /** W3C Trace Context: which span of ours asks. */
  readonly traceparent?: string;
}

/** An answer with a status below 300; its body has not been read. */
export interface UpstreamReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Exchange;
  /** A text of this backend without the keys that it was sent. */
  readonly cleaned: (text: string) => string;
}

export const ALLOW_PRIVATE_UPSTREAMS = Symbol('allow private upstreams');

const MAX_LISTING_BYTES = 4 * 1024 * 1024;
const ONE_PIECE_BYTES = 128 * 1024;

interface Sent {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | Readable | null;
}

/** The one way out. Redirects are not followed, bodies are not decompressed, no client header passes unnamed. */
@Injectable()
export class UpstreamClient implements OnApplicationShutdown {
  readonly #pools = new Map<string, Pool>();

  constructor(@Inject(ALLOW_PRIVATE_UPSTREAMS) private readonly allowPrivate: boolean) {}

  /**
   * Posts a body, or asks by another method without one, and waits for the headers of the answer.
   * @throws UpstreamError for every failure, and for answers that are no success
   */
  post(destination: Destination, request: UpstreamRequest): Promise<UpstreamReply> {
    const headers = requestHeaders(destination, request.accept);
    headers['content-type'] = request.contentType;
    if (request.traceparent !== undefined) headers['traceparent'] = request.traceparent;
    const { basePath } = destination;
    const base = request.isBesideVersion === true ? basePath.replace(/\/v\d+$/, '') : basePath;
    const path = joinPath(base, request.path) + joinedQuery(destination.query, request.query);
    const { method = 'POST' } = request;
    const { body, length = request.contentLength } = method === 'POST' ? bodyOf(request.body) : NO_BODY;
    if (body === null) delete headers['content-type'];
    if (length !== undefined) headers['content-length'] = String(length);
    Object.assign(headers, request.headers);
    return this.#send(destination, { method, path, headers, body }, request.scope);
  }

  /**
   * Reads a small JSON document, for listings and probes.
   * @throws UpstreamError
   */
  async getJson(destination: Destination, path: string, options: { timeoutMs: number }): Promise<JsonValue> {
    const scope = new AttemptScope(null, options.timeoutMs);
    scope.stage(options.timeoutMs, 'The upstream did not answer in time.', true);
    try {
      const headers = requestHeaders(destination, 'application/json');
      const sent: Sent = {
        method: 'GET',
        path: joinPath(destination.basePath, path) + (destination.query ?? ''),
        headers,
        body: null,
      };
      const { body } = await this.#send(destination, sent, scope);
      const { bytes, isWhole } = await collect(body, MAX_LISTING_BYTES);
      if (!isWhole)
        throw new UpstreamError(
          502,
          `The upstream answered with more than ${MAX_LISTING_BYTES} bytes.`,
          true,
        );
      return JSON.parse(bytes.toString()) as JsonValue;
    } catch (error) {
      if (error instanceof SyntaxError)
        throw new UpstreamError(502, 'The upstream answered with invalid JSON.', true);
      throw connectionError(error);
    } finally {
      scope.close();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.allSettled([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  async #send(destination: Destination, sent: Sent, scope: AttemptScope): Promise<UpstreamReply> {
    const exchange = new Exchange();
    let head: ReplyHead;
    try {
      this.#poolOf(destination).dispatch(sent, exchange);
      scope.onAbort((reason) => {
        if (reason instanceof ClientClosedRequestError) exchange.leave(reason);
        else exchange.abort(reason);
      });
      head = await exchange.head();
    } catch (error) {
      throw connectionError(error);
    }
    const { status, headers } = head;
    if (status >= 300) throw await errorFromReply(head, exchange, keysOf(destination));
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      const error = new UpstreamError(
        502,
        'The upstream answered in an encoding that was not asked for.',
        true,
      );
      exchange.abort(error);
      throw error;
    }
    return { status, headers, body: exchange, cleaned: (text) => withoutKeys(text, keysOf(destination)) };
  }

  #poolOf({ origin, timeouts }: Destination): Pool {
    const name = `${origin} ${timeouts.connectMs}`;
    const known = this.#pools.get(name);
    if (known) return known;
    const host = new URL(origin).hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !mayConnectTo(host, this.allowPrivate)) throw new ForbiddenAddressError(host);
    const pool = new Pool(origin, {
      // A model may load for minutes before the first byte: deadlines are the attempt's.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
      factory: (url, options) => new SocketClient(url, options),
      ...(isIP(host) === 0 ? { clientTtl: NAME_TTL_MS } : {}),
      connect: { timeout: timeouts.connectMs, lookup: gatedLookup(this.allowPrivate) },
    });
    this.#pools.set(name, pool);
    return pool;
  }
}

function requestHeaders(
  { extraHeaders, apiKey, keyHeader }: Destination,
  accept: string,
): Record<string, string> {
  const headers: Record<string, string> = {
    accept,
    'accept-encoding': 'identity',
    'user-agent': 'llm-gateway',
    ...extraHeaders,
  };
  if (apiKey && keyHeader) headers[keyHeader] = apiKey.reveal();
  else if (apiKey) headers['authorization'] = `Bearer ${apiKey.reveal()}`;
  return headers;
}

function keysOf({ apiKey, extraHeaders }: Destination): string[] {
  return [...(apiKey ? [apiKey.reveal()] : []), ...credentialsIn(extraHeaders)];
}

function joinedQuery(own = '', asked = ''): string {
  if (asked === '') return own;
  return own === '' ? `?${asked}` : `${own}&${asked}`;
}

interface Body {
  readonly body: Buffer | Readable | null;
  /** In bytes, where the body itself does not tell. */
  readonly length?: number;
}

const NO_BODY: Body = { body: null };

/** Small pieces leave as one; large ones are not copied. */
function bodyOf(body: UpstreamRequest['body']): Body {
  if (body instanceof Readable) return { body };
  const [only] = body;
  if (only && body.length === 1) return { body: only };
  const length = body.reduce((sum, piece) => sum + piece.length, 0);
  if (length <= ONE_PIECE_BYTES) return { body: Buffer.concat(body, length) };
  return { body: Readable.from(body), length };
}
