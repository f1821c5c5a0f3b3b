import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject, parseJson } from './json.js';
import type { CommonSettings } from './settings.js';
import type { TruthEntry } from './truth-ledger.js';
import type { Fault } from '../faults/fault.js';

export interface WholeAnswer {
  status: number;
  /** Flat list of names and values. */
  headers: readonly string[];
  body: string | Buffer;
  /** Completion tokens that the body carries. */
  tokens: number;
}

/** One request and everything known about it. */
export class Exchange<S extends CommonSettings = CommonSettings> {
  readonly path: string;
  readonly query: URLSearchParams;
  fault: Fault | undefined;
  /** With a fault: sends a whole answer in the server's place. */
  sendSpoilt: ((answer: WholeAnswer) => void) | undefined;
  /** Set when a fault, not the server, is what ends the connection. */
  cutByFault = false;
  /** What the ledger books once the whole body has left. */
  plannedTokens = 0;
  plannedBytes = 0;
  private parsed: { value: unknown } | undefined;

  constructor(
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
    readonly settings: S,
    readonly entry: TruthEntry,
  ) {
    const url = req.url ?? '/';
    const mark = url.indexOf('?');
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.query = mark === -1 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1));
  }

  body: Buffer = NO_BODY;
  /** Bytes received; more than `body` holds when the upload was large. */
  bodyBytes = 0;

  get method(): string {
    return this.req.method ?? 'GET';
  }

  /** The parsed JSON body, or undefined when it is not JSON. */
  get json(): unknown {
    this.parsed ??= { value: this.body.length === 0 ? undefined : parseJson(this.body.toString('utf8')) };
    return this.parsed.value;
  }

  /** Whether the connection is gone, whoever ended it. */
  get gone(): boolean {
    return this.entry.closedBy !== null;
  }

  header(name: string): string | undefined {
    const value = this.req.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  field(name: string): unknown {
    return isObject(this.json) ? this.json[name] : undefined;
  }

  /** Sends a whole answer. `headers` is a flat list of names and values. */
  send(status: number, headers: readonly string[], body: string | Buffer, tokens = 0): void {
    if (this.gone) return;
    if (this.res.headersSent) {
      // A stream has begun: what comes now is appended as it is, with no framing.
      this.res.end(body);
      return;
    }
    this.entry.status = status;
    if (this.sendSpoilt !== undefined) {
      this.sendSpoilt({ status, headers, body, tokens });
      return;
    }
    this.plannedTokens = tokens;
    this.plannedBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    this.res.writeHead(status, withLength(status, headers, this.plannedBytes));
    // As many bytes as characters means ASCII, for which Node has a faster way out.
    if (typeof body === 'string' && this.plannedBytes === body.length) this.res.end(body, 'latin1');
    else this.res.end(body);
  }

  sendJson(status: number, value: unknown, headers: readonly string[] = []): void {
    this.send(status, ['Content-Type', 'application/json', ...headers], JSON.stringify(value));
  }

  sendText(status: number, text: string, type = 'text/plain; charset=utf-8'): void {
    this.send(status, ['Content-Type', type], text);
  }

  onGone(listener: () => void): void {
    if (this.gone) listener();
    else this.res.once('close', listener);
  }

  /** Calls back after the delay unless the connection ends first. */
  after(delayMs: number, next: () => void): void {
    if (delayMs <= 0) {
      if (!this.gone) next();
      return;
    }
    const timer = setTimeout(() => {
      if (!this.gone) next();
    }, delayMs);
    this.onGone(() => clearTimeout(timer));
  }
}

/** The headers with a length, which a 204 must not have. */
export function withLength(status: number, headers: readonly string[], bytes: number): string[] {
  return status === 204 ? [...headers] : [...headers, 'Content-Length', String(bytes)];
}

const NO_QUERY = new URLSearchParams();
const NO_BODY = Buffer.alloc(0);
