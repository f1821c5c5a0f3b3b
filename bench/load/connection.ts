import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const CHUNKED_END = Buffer.from('0\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/** One request as bytes, ready to be written again and again. */
export function requestOf(
  target: {
    readonly port: number;
    readonly path: string;
    readonly key: string | null;
    readonly headers?: readonly string[];
  },
  body: object,
): Buffer {
  const text = JSON.stringify(body);
  const lines = [
    `POST ${target.path} HTTP/1.1`,
    `Host: 127.0.0.1:${target.port}`,
    'Content-Type: application/json',
    'Accept: application/json',
    'User-Agent: OpenAI/JS 7.57.0',
    ...(target.key === null ? [] : [`Authorization: Bearer ${target.key}`]),
    ...(target.headers ?? []),
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`);
}

/** What each of `count` connections sends in turn: its share of the requests, or all where there are fewer. */
export function dealt(requests: Buffer | readonly Buffer[], count: number): (readonly Buffer[])[] {
  const all = Buffer.isBuffer(requests) ? [requests] : requests;
  const share = (index: number): readonly Buffer[] => all.filter((_, at) => at % count === index);
  return Array.from({ length: count }, (_, index) => (all.length < count ? all : share(index)));
}

export interface Listener {
  /** A whole answer is here; `ok` is false where its status was not 200. */
  done(connection: Connection, ok: boolean): void;
  /** The server closed the connection, or it never opened. */
  broken(connection: Connection): void;
}

/**
 * One keep-alive connection that knows just enough HTTP to see where an answer ends. Several times
 * cheaper than a client library, because it shares its core with the upstream.
 */
export class Connection {
  readonly socket: Socket;
  busy = false;
  /** When the request in flight was due, for whoever measures. */
  startedAt = 0;
  /** -1: the head has not come yet; -2: chunked; else body bytes still to come. */
  #left = -1;
  #held: Buffer | null = null;
  #ok = true;
  #tail: Buffer = NOTHING;

  readonly #requests: readonly Buffer[];
  #next = 0;
  readonly #listener: Listener;

  /** @param requests sent in turn */
  constructor(port: number, requests: readonly Buffer[], listener: Listener) {
    this.#requests = requests;
    this.#listener = listener;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => this.#listener.broken(this));
  }

  send(): void {
    this.busy = true;
    this.#left = -1;
    this.socket.write(this.#requests[this.#next] ?? NOTHING);
    this.#next = (this.#next + 1) % this.#requests.length;
  }

  #take(bytes: Buffer): void {
    if (this.#left === -1) {
      const all = this.#held ? Buffer.concat([this.#held, bytes]) : bytes;
      const end = all.indexOf(HEAD_END);
      if (end < 0) {
        this.#held = all;
        return;
      }
      this.#held = null;
      this.#readHead(all, end + 4);
    } else if (this.#left >= 0) {
      this.#left -= bytes.length;
      if (this.#left <= 0) this.#finish();
    } else if (this.#endsChunked(bytes)) this.#finish();
  }

  #readHead(all: Buffer, bodyStart: number): void {
    const head = all.toString('latin1', 0, bodyStart).toLowerCase();
    this.#ok = head.startsWith('200', 9);
    const at = head.indexOf('\r\ncontent-length:');
    if (at >= 0) {
      const length = Number.parseInt(head.slice(at + 17, at + 30), 10);
      this.#left = length - (all.length - bodyStart);
      if (this.#left <= 0) this.#finish();
      return;
    }
    this.#left = -2;
    this.#tail = NOTHING;
    if (this.#endsChunked(all)) this.#finish();
  }

  #endsChunked(bytes: Buffer): boolean {
    const last = bytes.length >= 5 ? bytes : Buffer.concat([this.#tail, bytes]);
    this.#tail = last.subarray(-5);
    return this.#tail.equals(CHUNKED_END);
  }

  #finish(): void {
    this.#left = -1;
    this.busy = false;
    this.#listener.done(this, this.#ok);
  }
}
