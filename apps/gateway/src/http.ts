import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type RequestHandler } from 'express';
import { GatewayError, type GatewayRequest, writeHeadWithCommon } from '@app/call';
import { type UpgradeRequest } from '@app/passthrough';
import { type Duplex } from 'node:stream';
import { type Socket } from 'node:net';
import { edgeGuard, identify } from './edge-guard.js';
import { ExactRoutes } from './exact-routes.js';
import { dropStalledClients } from './stalled-clients.js';
import { writeError, writeSocketError } from './write-error.js';

const SERVER_OPTIONS = {
  headersTimeout: 10_000,
  // Bodies are paced by their reader; long uploads are legitimate.
  requestTimeout: 0,
  connectionsCheckingInterval: 1_000,
  // Above the idle time of reverse proxies, so that they never reuse a connection that is just closing.
  keepAliveTimeout: 120_000,
  maxHeaderSize: 16 * 1024,
  requireHostHeader: false,
  insecureHTTPParser: false,
  noDelay: true,
} as const;

/** Connections that wait to be accepted; the kernel takes less where it is set so. Whoever finds no place tries again a second later. */
const BACKLOG = 4_096;

const EXPECTATION_FAILED = new GatewayError(417, 'invalid_request_error', 'This expectation cannot be met.', {
  headers: { connection: 'close' },
});

function refuseExpectation(req: IncomingMessage, res: ServerResponse): void {
  identify(req as GatewayRequest, res);
  writeError(res, EXPECTATION_FAILED);
}

/**
 * Requests and responses that are born with Express' prototypes. Express would change them on each request
 * otherwise, and an object whose prototype was changed is slow in everything that follows.
 */
function expressMessages(app: express.Express): {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
} {
  const bornAs = <T extends object>(
    parent: new (...parts: never[]) => T,
    prototype: object,
  ): typeof parent => {
    function Born(this: T, ...parts: never[]): T {
      return Reflect.construct(parent, parts, Born) as T;
    }
    Born.prototype = prototype;
    return Born as unknown as typeof parent;
  };
  Object.assign(app.response, { writeHead: writeHeadWithCommon });
  return {
    IncomingMessage: bornAs(IncomingMessage, app.request) as unknown as typeof IncomingMessage,
    ServerResponse: bornAs(ServerResponse, app.response) as unknown as typeof ServerResponse,
  };
}

/** A WebSocket's request takes the way of all others; where it is refused, this is its answer and the end. */
function answerOn<T extends ServerResponse>(socket: Duplex, res: T): T {
  res.shouldKeepAlive = false;
  res.assignSocket(socket as Socket);
  socket.on('error', () => socket.destroy());
  res.once('finish', () => setImmediate(() => socket.end()));
  return res;
}

/** Express with the edge guard in front and nothing that reads bodies. */
export class GatewayAdapter extends ExpressAdapter {
  /** Paths below which a request may become a WebSocket; elsewhere the wish is not heard. */
  takesWebSocket: (path: string) => boolean = () => false;

  /** Answers a request that there is no room for, before anything else is done for it. */
  turnsAway: (req: GatewayRequest, res: ServerResponse) => boolean = () => false;

  /** @param sharesPort other processes listen there too, and the kernel spreads connections among them */
  constructor(
    isDraining: () => boolean,
    private readonly sharesPort = false,
  ) {
    const app = express();
    app.set('case sensitive routing', true);
    app.set('strict routing', true);
    app.set('query parser', 'simple');
    app.disable('x-powered-by');
    app.disable('etag');
    app.use(edgeGuard(isDraining) as unknown as RequestHandler);
    new ExactRoutes(app);
    super(app);
  }

  override listen(port: string | number, ...rest: unknown[]): Server {
    const [host] = rest;
    const callback = rest.findLast((argument) => typeof argument === 'function') as (() => void) | undefined;
    const address = { port: Number(port), ...(typeof host === 'string' && { host }) };
    const options = { ...address, backlog: BACKLOG, reusePort: this.sharesPort };
    return (this.httpServer as Server).listen(options, callback);
  }

  override initHttpServer(): void {
    const app = this.getInstance<express.Express>();
    const messages = expressMessages(app);
    const shouldUpgradeCallback = (req: IncomingMessage): boolean => this.#isWebSocket(req);
    const server = createServer({ ...SERVER_OPTIONS, ...messages, shouldUpgradeCallback }, (req, res) => {
      if (!this.turnsAway(req as GatewayRequest, res)) app(req, res);
    });
    // The edge guard counts them; Node would drop the rest silently.
    server.maxHeadersCount = 0;
    dropStalledClients(server);
    server.on('clientError', writeSocketError);
    server.on('checkExpectation', refuseExpectation);
    server.on('upgrade', (req: UpgradeRequest, socket, head) => {
      req.upgradeHead = head;
      app(req, answerOn(socket, new messages.ServerResponse(req)));
    });
    this.httpServer = server;
  }

  #isWebSocket({ method, url = '', headers }: IncomingMessage): boolean {
    const asks = method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
    return asks && this.takesWebSocket(url.split('?')[0] ?? '');
  }
}
