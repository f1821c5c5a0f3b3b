import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What came back over a raw connection. */
export interface RawReply {
  /** 0 where nothing came that looks like HTTP. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** How many responses came on this connection. */
  readonly responses: number;
  /** The server closed the connection. */
  readonly closed: boolean;
  readonly ms: number;
  readonly text: string;
}

export interface RawOptions {
  /** How long to listen after the last byte was sent, unless the server closes earlier. */
  readonly waitMs?: number;
  /** Answer as soon as one whole response is here and the connection stayed open this long. */
  readonly settleMs?: number;
  /** Sends the pieces with this much time between them. */
  readonly everyMs?: number;
  /** Closes our writing half after the last piece. */
  readonly halfClose?: boolean;
  /** The answer to HEAD ends with its head, whatever length it announces. */
  readonly headOnly?: boolean;
}

/** A TCP connection that sends bytes as they are. */
export class RawConnection {
  readonly socket: Socket;
  readonly received: Buffer[] = [];
  readonly ended: Promise<void>;
  closed = false;
  readonly #startedAt = performance.now();

  constructor(port: number, host = '127.0.0.1') {
    this.socket = connect({ port, host, allowHalfOpen: true });
    this.socket.setNoDelay(true);
    this.socket.on('error', () => undefined);
    this.socket.on('data', (bytes: Buffer) => this.received.push(bytes));
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.closed = true;
        this.socket.end();
        resolve();
      };
      this.socket.once('end', end);
      this.socket.once('close', end);
    });
  }

  send(bytes: string | Buffer): void {
    if (!this.closed) this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  get text(): string {
    return Buffer.concat(this.received).toString('latin1');
  }

  /** Waits until the text matches, the server closes or the time is over. */
  async waitFor(pattern: RegExp, patienceMs: number): Promise<boolean> {
    for (const until = performance.now() + patienceMs; performance.now() < until;) {
      if (pattern.test(this.text)) return true;
      if (this.closed) return pattern.test(this.text);
      await sleep(5);
    }
    return pattern.test(this.text);
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  reply(): RawReply {
    const { text } = this;
    const answers = splitResponses(text);
    const last = answers[0] ?? { status: 0, headers: new Map<string, string>(), body: '' };
    return {
      ...last,
      responses: answers.length,
      closed: this.closed,
      ms: performance.now() - this.#startedAt,
      text,
    };
  }
}

/** Sends bytes on a connection of their own and gives back what came. */
export async function raw(
  port: number,
  pieces: string | Buffer | readonly (string | Buffer)[],
  options: RawOptions = {},
): Promise<RawReply> {
  const connection = new RawConnection(port);
  const list = typeof pieces === 'string' || Buffer.isBuffer(pieces) ? [pieces] : pieces;
  for (const [index, piece] of list.entries()) {
    if (index > 0 && options.everyMs) await sleep(options.everyMs);
    connection.send(piece);
  }
  if (options.halfClose) connection.socket.end();
  await settled(connection, options);
  const reply = connection.reply();
  connection.destroy();
  return reply;
}

async function settled(
  connection: RawConnection,
  { waitMs = 3_000, settleMs = 20, headOnly = false }: RawOptions,
): Promise<void> {
  const until = performance.now() + waitMs;
  while (performance.now() < until && !connection.closed) {
    const before = connection.received.length;
    const whole = headOnly ? connection.text.includes('\r\n\r\n') : isWhole(connection.text);
    await sleep(whole ? settleMs : 4);
    // An answer that announces the end of its connection may leave the client a moment to read it.
    const isClosing = whole && /^connection: close\r$/im.test(connection.text);
    if (whole && !isClosing && connection.received.length === before) return;
  }
}

function isWhole(text: string): boolean {
  return splitResponses(text).length > 0 && responseEnd(text, 0) <= text.length;
}

interface Parsed {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function splitResponses(text: string): Parsed[] {
  const found: Parsed[] = [];
  for (let at = 0; text.startsWith('HTTP/1.', at) && text.indexOf('\r\n\r\n', at) >= 0;) {
    const end = Math.min(responseEnd(text, at), text.length);
    const headEnd = text.indexOf('\r\n\r\n', at);
    const lines = text.slice(at, headEnd).split('\r\n');
    const headers = new Map<string, string>();
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(':');
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    const status = Number((lines[0] ?? '').split(' ')[1]);
    const body = text.slice(headEnd + 4, end);
    if (status >= 200) found.push({ status, headers, body: unchunked(headers, body) });
    at = end;
  }
  return found;
}

function responseEnd(text: string, at: number): number {
  const headEnd = text.indexOf('\r\n\r\n', at) + 4;
  const head = text.slice(at, headEnd).toLowerCase();
  if (/^http\/1\.[01] 1\d\d/.test(head)) return headEnd;
  const length = /\r\ncontent-length: *(\d+)/.exec(head);
  if (length) return headEnd + Number(length[1]);
  if (!/\r\ntransfer-encoding: *chunked/.test(head)) return Number.MAX_SAFE_INTEGER;
  const last = text.indexOf('0\r\n\r\n', headEnd);
  return last < 0 ? Number.MAX_SAFE_INTEGER : last + 5;
}

function unchunked(headers: ReadonlyMap<string, string>, body: string): string {
  if (headers.get('transfer-encoding') !== 'chunked') return body;
  let text = '';
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.slice(at, end), 16);
    if (end < 0 || !(size > 0)) break;
    text += body.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
  return text;
}

export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  readonly host?: string | null;
  readonly key?: string;
  /** Lines as they go over the wire, without line ends. */
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  /** Adds Content-Length and Content-Type for the body; true unless told. */
  readonly describesBody?: boolean;
}

/** The bytes of one request. */
export function requestBytes(request: RawRequest): Buffer {
  const {
    method = request.body === undefined ? 'GET' : 'POST',
    target = '/',
    version = 'HTTP/1.1',
  } = request;
  const body = Buffer.from(request.body ?? '');
  const lines = [
    `${method} ${target} ${version}`,
    ...(request.host === null ? [] : [`Host: ${request.host ?? 'gateway.test'}`]),
    ...(request.key === undefined ? [] : [`Authorization: Bearer ${request.key}`]),
    ...(request.body === undefined || request.describesBody === false
      ? []
      : ['Content-Type: application/json', `Content-Length: ${body.length}`]),
    ...(request.headers ?? []),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
