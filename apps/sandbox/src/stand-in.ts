import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectBody } from './core/collect-body.js';
import { control, CONTROL_PREFIX, type Controlled } from './core/control-api.js';
import { Exchange } from './core/exchange.js';
import { requestModel } from './core/request-model.js';
import type { Choices, CommonSettings } from './core/settings.js';
import { TruthLedger } from './core/truth-ledger.js';
import { answerFault, type ErrorBody } from './faults/answer-faults.js';
import { parseFault, UnknownFault, type Fault } from './faults/fault.js';
import { FaultScript } from './faults/fault-script.js';
import { playBody } from './faults/play-body.js';

/** Where a stand-in listens; port 0 takes a free one. */
export interface ListenOptions {
  port?: number;
  host?: string;
}

/** What makes one upstream different from the others. */
export interface StandInParts<S extends CommonSettings> {
  settings: S;
  choices?: Choices;
  handle(exchange: Exchange<S>): void;
  errorBody: ErrorBody;
  /** The model that a request names; by default its JSON or multipart field. */
  modelOf?(exchange: Exchange<S>): string | null;
  settled?(): void;
  reset?(): void;
  routes?: Controlled['routes'];
}

export interface StandIn {
  url: string;
  close(): Promise<void>;
}

const FAULT_HEADER = 'x-sandbox-fault';
const MODEL_MARK = 'fault/';
const ENCODED_MARK = 'fault%2F';

class StandInServer<S extends CommonSettings> {
  readonly server: Server;
  private readonly ledger = new TruthLedger();
  private readonly script = new FaultScript();
  private inProgress = 0;
  private sockets = 0;
  private last: Exchange | undefined;
  private readonly controlled: Controlled;

  constructor(private readonly parts: StandInParts<S>) {
    // Timeouts off: a stand-in never gives up on a client, and the periodic check costs time under load.
    this.server = createServer(
      { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, maxHeaderSize: 1_048_576, noDelay: true },
      (req, res) => this.receive(req, res),
    );
    this.server.on('connection', (socket) => {
      this.sockets++;
      socket.once('close', () => this.sockets--);
    });
    this.controlled = {
      settings: parts.settings,
      defaults: structuredClone<CommonSettings>(parts.settings),
      choices: parts.choices ?? {},
      ledger: this.ledger,
      script: this.script,
      open: () => ({ inProgress: this.inProgress, sockets: this.sockets }),
      last: () => this.last,
      settled: () => this.settled(),
      reset: () => parts.reset?.(),
      routes: parts.routes ?? {},
    };
    this.settled();
  }

  private receive(req: IncomingMessage, res: ServerResponse): void {
    if (req.url?.startsWith(CONTROL_PREFIX) === true) {
      const entry = new TruthLedger().open(req.rawHeaders, req.url);
      const exchange = new Exchange(req, res, this.parts.settings, entry);
      collectBody(exchange, () => control(exchange, this.controlled));
      return;
    }
    const exchange = new Exchange(
      req,
      res,
      this.parts.settings,
      this.ledger.open(req.rawHeaders, req.url ?? '/'),
    );
    exchange.entry.path = exchange.path;
    this.inProgress++;
    this.last = exchange;
    res.once('close', () => this.closed(exchange));
    collectBody(exchange, () => this.answer(exchange));
  }

  private answer(exchange: Exchange<S>): void {
    const { settings } = this.parts;
    if (settings.canaries.length > 0) lookForCanaries(exchange);
    const fault = this.faultOf(exchange);
    if (fault instanceof UnknownFault) {
      exchange.sendJson(400, { error: { code: 400, message: fault.message, type: 'sandbox_error' } });
      return;
    }
    exchange.fault = fault;
    if (fault !== undefined) exchange.sendSpoilt = (answer) => playBody(exchange, answer);
    const delayMs = settings.delayMs + (fault?.numberIf('delay', 1000) ?? 0);
    if (delayMs === 0) this.handle(exchange);
    else exchange.after(delayMs, () => this.handle(exchange));
  }

  private handle(exchange: Exchange<S>): void {
    if (exchange.fault !== undefined) {
      exchange.entry.fault = exchange.fault.label;
      exchange.entry.model = this.modelOf(exchange);
      exchange.entry.stream = exchange.field('stream') === true;
      if (answerFault(exchange, this.parts.errorBody)) return;
    }
    this.parts.handle(exchange);
  }

  private faultOf(exchange: Exchange<S>): Fault | UnknownFault | undefined {
    const { req } = exchange;
    try {
      // The getter of `headers` builds an object; the raw list is free.
      const asked = hasHeader(req.rawHeaders, FAULT_HEADER) ? exchange.header(FAULT_HEADER) : undefined;
      if (asked !== undefined) return parseFault(asked);
      const scripted = this.script.take(exchange.path, () => this.modelOf(exchange));
      if (scripted !== undefined) return scripted;
      if (!mentionsFault(exchange)) return undefined;
      const model = this.modelOf(exchange);
      return model?.startsWith(MODEL_MARK) === true ? parseFault(model.slice(MODEL_MARK.length)) : undefined;
    } catch (error) {
      if (error instanceof UnknownFault) return error;
      throw error;
    }
  }

  private modelOf(exchange: Exchange<S>): string | null {
    return this.parts.modelOf === undefined ? requestModel(exchange) : this.parts.modelOf(exchange);
  }

  private closed(exchange: Exchange<S>): void {
    const { entry, res } = exchange;
    this.inProgress--;
    if (res.writableFinished) {
      entry.emittedTokens += exchange.plannedTokens;
      entry.emittedBytes += exchange.plannedBytes;
    }
    const finished = res.writableFinished && !exchange.cutByFault;
    this.ledger.close(entry, finished ? 'server' : exchange.cutByFault ? 'fault' : 'client');
  }

  private settled(): void {
    const { settings } = this.parts;
    if (this.ledger.keep !== settings.keepTruth) this.ledger.reset();
    this.ledger.keep = settings.keepTruth;
    this.ledger.mode = settings.truth;
    this.server.keepAliveTimeout = settings.keepAliveMs;
    this.parts.settled?.();
  }
}

/** Starts one stand-in and resolves once it listens. */
export async function startStandIn<S extends CommonSettings>(
  parts: StandInParts<S>,
  options: ListenOptions = {},
): Promise<StandIn> {
  const { server } = new StandInServer(parts);
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port ?? 0, host, backlog: 4096 }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Cheap enough for every request; only then is the body understood. */
function mentionsFault({ body, req }: Exchange): boolean {
  const url = req.url ?? '';
  if (body.includes(MODEL_MARK) || body.includes(ENCODED_MARK)) return true;
  return url.includes(MODEL_MARK) || url.includes(ENCODED_MARK);
}

function hasHeader(rawHeaders: readonly string[], name: string): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const sent = rawHeaders[i];
    if (sent?.length === name.length && sent.toLowerCase() === name) return true;
  }
  return false;
}

function lookForCanaries(exchange: Exchange): void {
  const { body, entry, req, settings } = exchange;
  entry.canaries = settings.canaries.filter(
    (canary) => body.includes(canary) || req.rawHeaders.some((header) => header.includes(canary)),
  );
}
