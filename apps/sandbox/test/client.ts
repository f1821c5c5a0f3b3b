import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { TruthEntry } from '../src/core/truth-ledger.js';
import type { StandIn } from '../src/stand-in.js';

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  bytes: Buffer;
}

/** The value at a dotted path such as `choices.0.message.content`. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value);
}

export function json(reply: Reply): unknown {
  return JSON.parse(reply.text) as unknown;
}

/** The parsed `data:` lines of an event stream, without `[DONE]`. */
export function events(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice('data: '.length)) as unknown);
}

/** The text of a chat stream put together again. */
export function said(text: string): string {
  return events(text)
    .map((event) => (at(event, 'choices.0.delta.content') ?? '') as string)
    .join('');
}

/** Talks to one stand-in as its clients and as a test do. */
export class Client {
  constructor(readonly standIn: StandIn) {}

  get port(): number {
    return Number(new URL(this.standIn.url).port);
  }

  async send(path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(this.standIn.url + path, { redirect: 'manual', ...init });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, text: bytes.toString('utf8'), bytes };
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return this.send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  chat(model: string, content: string, more: object = {}): Promise<Reply> {
    return this.post('/v1/chat/completions', { model, messages: [{ role: 'user', content }], ...more });
  }

  settings(patch: object): Promise<Reply> {
    return this.post('/__sandbox/settings', patch);
  }

  next(script: object): Promise<Reply> {
    return this.post('/__sandbox/next', script);
  }

  async truth(): Promise<(TruthEntry & { requestHeaders: Record<string, string> })[]> {
    return json(await this.send('/__sandbox/truth')) as (TruthEntry & {
      requestHeaders: Record<string, string>;
    })[];
  }

  /** The newest entry once its connection has ended. */
  async lastTruth(): Promise<TruthEntry & { requestHeaders: Record<string, string> }> {
    return until(async () => {
      const entry = (await this.truth()).at(-1);
      return entry?.closedBy === null ? undefined : entry;
    });
  }

  /** Sends a request byte by byte known, and shows what came back and how the connection ended. */
  raw(path: string, body: string, onData?: (text: string, socket: Socket) => void): Promise<RawReply> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      const parts: Buffer[] = [];
      let reset = false;
      socket.on('data', (part: Buffer) => {
        parts.push(part);
        onData?.(Buffer.concat(parts).toString('utf8'), socket);
      });
      socket.on('error', (error: NodeJS.ErrnoException) => (reset = error.code === 'ECONNRESET'));
      socket.on('close', () =>
        resolve({ text: Buffer.concat(parts).toString('utf8'), pieces: parts.length, reset }),
      );
      const length = Buffer.byteLength(body);
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`,
      );
    });
  }
}

/** A client of a stand-in that runs for the tests of one file, and forgets after each of them what it was told. */
export function clientOf(start: () => Promise<StandIn>): Client {
  let standIn: StandIn | null = null;
  const running = (): StandIn => {
    if (standIn === null) throw new Error('the stand-in runs within tests alone');
    return standIn;
  };
  const client = new Client({
    get url() {
      return running().url;
    },
    close: () => running().close(),
  });
  beforeAll(async () => {
    standIn = await start();
  });
  afterEach(() => client.post('/__sandbox/reset', { settings: true }));
  afterAll(() => client.standIn.close());
  return client;
}

export interface RawReply {
  text: string;
  pieces: number;
  reset: boolean;
}

/** Asks again until there is an answer. */
export async function until<T>(ask: () => Promise<T | undefined>, patienceMs = 5000): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
