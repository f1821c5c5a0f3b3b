import { Agent, request } from 'undici';

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The parsed body; undefined where it is not JSON. */
  readonly json: Json | undefined;
}

/** JSON that a test digs into with `?.`; what is not there is undefined, leaves are compared as they are. */
export interface Json {
  readonly [member: string]: Json | undefined;
}

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

type OnAnswer = (path: string, options: Ask, answer: Answer) => void;

/** One client with connections of its own; end it with `close`. */
export class HttpClient {
  readonly base: string;
  /** Sees every whole answer, for whoever compares it with the books afterwards. */
  watch: ((path: string, answer: Answer) => void) | null = null;
  readonly #agent: Agent;
  readonly #onAnswer: OnAnswer | null;

  constructor(base: string, onAnswer: OnAnswer | null = null) {
    this.base = base;
    this.#onAnswer = onAnswer;
    this.#agent = new Agent({ connections: 512, headersTimeout: 0, bodyTimeout: 0 });
  }

  async ask(path: string, options: Ask = {}): Promise<Answer> {
    const answer = await this.open(path, options);
    const text = await answer.body.text();
    const whole = {
      status: answer.statusCode,
      headers: flat(answer.headers),
      text,
      json: parsed(text),
    };
    this.watch?.(path, whole);
    this.#onAnswer?.(path, options, whole);
    return whole;
  }

  /** The answer with its body still on the way. */
  open(path: string, options: Ask = {}): ReturnType<typeof request> {
    const { key, body, signal } = options;
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    return request(this.base + path, {
      dispatcher: this.#agent,
      method: options.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The `data:` values of an event stream, in order. */
export function dataOf(sse: string): string[] {
  return sse
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart());
}

/** The JSON chunks of an event stream, `[DONE]` left out. */
export function chunksOf(sse: string): Json[] {
  return dataOf(sse)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Json);
}

/** The text that a chat stream adds up to. */
export function textOf(chunks: readonly Json[]): string {
  return chunks.map((chunk) => stringOf(chunk.choices?.[0]?.delta?.content)).join('');
}

/** A JSON array as a list. */
export function listOf(json: Json | undefined): Json[] {
  if (!Array.isArray(json)) throw new TypeError(`not a list: ${JSON.stringify(json)}`);
  return json as Json[];
}

/** A JSON string as it is, anything else as the empty string. */
export function stringOf(json: Json | undefined): string {
  const value: unknown = json;
  return typeof value === 'string' ? value : '';
}
