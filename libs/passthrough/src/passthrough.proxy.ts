import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Readable } from 'node:stream';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import { UpstreamError } from '@app/call';
import { connectionError, type OutboundAgents } from '@app/upstream';

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

interface Waiting {
  readonly departure: Departure;
  readonly answer: PromiseWithResolvers<IncomingMessage>;
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
    const { req, res, origin, signal } = departure;
    const answer = Promise.withResolvers<IncomingMessage>();
    this.#waiting.set(req, { departure, answer });
    const late = setTimeout(() => {
      answer.reject(
        new UpstreamError(504, 'The upstream did not answer in time.', false, { type: 'upstream_timeout' }),
      );
    }, departure.firstByteMs);
    const onAbort = (): void => answer.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    const handler = origin.startsWith('https:') ? this.#handlers.https : this.#handlers.http;
    void handler(req, res, (error) => answer.reject(connectionError(error)));
    try {
      return await answer.promise;
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
        const departure = this.#waiting.get(req)?.departure;
        if (!departure) throw new Error('nobody waits for this request');
        if (departure.body) options.buffer = departure.body;
        return departure.origin;
      },
      on: {
        proxyReq: (proxyReq, req) => {
          // A request that is given up is not left running at the backend.
          this.#waiting.get(req)?.answer.promise.catch(() => proxyReq.destroy());
        },
        proxyRes: (answer, req) => this.#waiting.get(req)?.answer.resolve(answer),
        // Its own handler would answer in plain text, with the target in it.
        error: (error, req) => this.#waiting.get(req)?.answer.reject(connectionError(error)),
      },
    });
  }
}
