import { type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { type Duplex, type Readable } from 'node:stream';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import { UpstreamError } from '@app/call';
import { connectionError, errorFromText, type OutboundAgents } from '@app/upstream';
import { consentHeaders } from './web-socket.js';

/** A server that sends more `1xx` than this is not about to answer. */
const MAX_INFORMATIONAL = 32;

/** A request that is ready to go: its URL and headers are already those for the backend. */
export interface Departure {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly origin: string;
  /** In place of the request's own body; null where that has not been read. */
  readonly body: Readable | null;
  readonly firstByteMs: number;
  readonly signal: AbortSignal;
}

/** The same for a request whose connection becomes a WebSocket. */
export interface Crossing extends Omit<Departure, 'res' | 'body'> {
  readonly socket: Duplex;
  readonly head: Buffer;
}

interface Waiting {
  readonly origin: string;
  readonly body: Readable | null;
  /** The backend's answer, or its side of a WebSocket. */
  readonly answer: PromiseWithResolvers<IncomingMessage>;
  readonly backend: PromiseWithResolvers<Duplex>;
}

/** The one place where requests are proxied. What comes back is handed over, not sent on. */
export class PassthroughProxy {
  readonly #waiting = new WeakMap<IncomingMessage, Waiting>();
  readonly #handlers: { readonly http: RequestHandler; readonly https: RequestHandler };

  constructor(agents: OutboundAgents) {
    this.#handlers = { http: this.#handler(agents.http), https: this.#handler(agents.https) };
  }

  /** Resolves with the head of the backend's answer. @throws UpstreamError, or the reason of the signal */
  async send(departure: Departure): Promise<IncomingMessage> {
    const { req, res, body } = departure;
    const { answer } = this.#expect(departure, body);
    void this.#handlerFor(departure)(req, res, (error) => answer.reject(connectionError(error)));
    return this.#inTime(answer, departure);
  }

  /**
   * Resolves with the backend's side once both are joined. Until then nothing is written to the client.
   * @throws UpstreamError, also for a backend that takes no WebSocket here, or the reason of the signal
   */
  connect(crossing: Crossing): Promise<Duplex> {
    const { req, socket, head } = crossing;
    const { backend } = this.#expect(crossing, null);
    this.#handlerFor(crossing).upgrade(req, socket as Socket, head);
    return this.#inTime(backend, crossing);
  }

  #expect({ req, origin }: Pick<Departure, 'req' | 'origin'>, body: Readable | null): Waiting {
    const answer = Promise.withResolvers<IncomingMessage>();
    const backend = Promise.withResolvers<Duplex>();
    const waiting = { origin, body, answer, backend };
    // One of the two is waited for.
    for (const { promise } of [answer, backend]) promise.catch(() => undefined);
    body?.once('error', (error) => answer.reject(error));
    this.#waiting.set(req, waiting);
    return waiting;
  }

  #handlerFor({ origin }: Pick<Departure, 'origin'>): RequestHandler {
    return origin.startsWith('https:') ? this.#handlers.https : this.#handlers.http;
  }

  async #inTime<T>(
    expected: PromiseWithResolvers<T>,
    { firstByteMs, signal }: Pick<Departure, 'firstByteMs' | 'signal'>,
  ): Promise<T> {
    const late = setTimeout(() => {
      expected.reject(
        new UpstreamError(504, 'The upstream did not answer in time.', false, { type: 'upstream_timeout' }),
      );
    }, firstByteMs);
    const onAbort = (): void => expected.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await expected.promise;
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #handler(agent: OutboundAgents['http']): RequestHandler {
    return createProxyMiddleware({
      agent,
      changeOrigin: true,
      prependPath: false,
      selfHandleResponse: true,
      router: (req, _res, options) => {
        const waiting = this.#waiting.get(req);
        if (!waiting) throw new Error('nobody waits for this request');
        if (waiting.body) options.buffer = waiting.body;
        return waiting.origin;
      },
      on: {
        proxyReq: (proxyReq, req) => {
          // A request that is given up is not left running at the backend.
          const waiting = this.#waiting.get(req);
          waiting?.answer.promise.catch(() => proxyReq.destroy());
          waiting?.body?.once('error', () => proxyReq.destroy());
          if (waiting) limitInformation(proxyReq, waiting.answer);
        },
        proxyRes: (answer, req) => this.#waiting.get(req)?.answer.resolve(answer),
        proxyReqWs: (proxyReq, req) => this.#crosses(proxyReq, req),
        // Its own handler would answer in plain text, with the target in it.
        error: (error, req) => {
          const waiting = this.#waiting.get(req);
          waiting?.answer.reject(connectionError(error));
          waiting?.backend.reject(connectionError(error));
        },
      },
    });
  }

  #crosses(proxyReq: ClientRequest, req: IncomingMessage): void {
    const backend = this.#waiting.get(req)?.backend;
    backend?.promise.catch(() => proxyReq.destroy());
    proxyReq.once('upgrade', (answer, socket) => {
      // Before the proxy's own listener, which sends them on and joins the two in this turn.
      answer.headers = consentHeaders(answer.headers);
      backend?.resolve(socket);
    });
    // What went wrong is ours to tell: its own listeners, there by then, would send the backend's answer or end the
    // client's connection.
    process.nextTick(() => {
      proxyReq.removeAllListeners('response').removeAllListeners('error');
      proxyReq.on('error', (error) => backend?.reject(connectionError(error)));
      proxyReq.once('response', (answer) => {
        answer.resume();
        const status = answer.statusCode ?? 502;
        backend?.reject(errorFromText(status >= 400 ? status : 502, 'The upstream takes no WebSocket here.'));
      });
    });
  }
}

function limitInformation(proxyReq: ClientRequest, answer: Waiting['answer']): void {
  let count = 0;
  proxyReq.on('information', () => {
    count += 1;
    if (count > MAX_INFORMATIONAL)
      answer.reject(connectionError(new Error('too many informational answers')));
  });
}
