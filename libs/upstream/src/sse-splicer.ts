import {
  isJsonObject,
  type JsonMember,
  type JsonObject,
  type JsonValue,
  membersNamed,
  outlineObject,
  UpstreamError,
} from '@app/call';
import { contentLength } from './content-length.js';
import { repairChunk } from './repair-chunk.js';
import { SseFrames } from './sse-frames.js';
import { type StreamSplicer } from './stream-splicer.js';
import { errorFromText } from './upstream-errors.js';
import { type UsageMeter } from './usage-meter.js';

const DATA = Buffer.from('data: ');
const FRAME_END = Buffer.from('\n\n');
const KEEP_ALIVE = Buffer.from(': keep-alive\n\n');
const DATA_FIELD = Buffer.from('data:');
const ERROR_FIELD = Buffer.from('error:');
const DONE = '[DONE]';
const DONE_FRAME = Buffer.from(`data: ${DONE}\n\n`);
const MODEL = Buffer.from('model');
const SPACE = 0x20;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const LF = 0x0a;
const CHUNK_OBJECT = 'chat.completion.chunk';

export interface SplicerOptions {
  /** The name the client asked for; replaces the upstream's own. */
  readonly model: string;
  /** The client asked for the usage chunk. */
  readonly wantsUsage: boolean;
  /** Identity for chunks that lack one. */
  readonly fallbackId: string;
  /** `chat.completion.chunk` or `text_completion`. */
  readonly object: string;
  /** What of a chunk is for the client: the same chunk leaves as it came, another is written anew, null stays here. */
  readonly rewrite?: (chunk: JsonObject) => JsonObject | null;
}

/** Where the data of a chunk stands, and the name of the model in it. */
interface ShownChunk {
  readonly from: number;
  readonly to: number;
  readonly model: JsonMember;
}

/**
 * Turns the upstream's stream into the client's: values leave unchanged except `model`, a usage chunk that nobody
 * asked for, and repairs. Frames are cut and joined, not decoded. `[DONE]` is not passed on: the relay
 * sends it when the call is on the books.
 */
export class SseSplicer implements StreamSplicer {
  /** The upstream said that the answer is complete. */
  done = false;
  /** Why the stream cannot go on; what was returned before still belongs to the client. */
  failure: UpstreamError | null = null;
  readonly lastFrame = DONE_FRAME;
  #usageSent = false;
  #first = true;
  #id: string | null = null;
  readonly #frames = new SseFrames();
  readonly #modelJson: Buffer;
  readonly #created = Math.floor(Date.now() / 1000);
  #out: Buffer[] = [];

  constructor(
    private readonly options: SplicerOptions,
    private readonly meter: UsageMeter,
  ) {
    this.#modelJson = Buffer.from(JSON.stringify(options.model));
  }

  /**
   * @returns the bytes that may leave for the client, possibly none. An error that the upstream reports, or
   * something that is no stream of chunks, stands in `failure` afterwards.
   */
  push(chunk: Buffer): Buffer[] {
    return this.#collect(() => {
      if (!this.done) this.#frames.push(chunk, (bytes, start, end) => this.#frame(bytes, start, end));
    });
  }

  /** Ends the stream: what was left without a blank line, and the usage chunk where it is owed. */
  finish(): Buffer[] {
    return this.#collect(() => {
      const rest = this.#frames.rest();
      if (!this.done && rest.length > 0) this.#frame(rest, 0, rest.length);
      if (this.done && this.options.wantsUsage && !this.#usageSent) this.#emitOwn(this.#usageChunk());
    });
  }

  #collect(work: () => void): Buffer[] {
    this.#out = [];
    if (this.failure) return [];
    try {
      work();
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      this.failure = error;
    }
    return this.#out;
  }

  /** Returns false when nothing after this frame matters. */
  #frame(bytes: Buffer, start: number, end: number): boolean {
    const single = bytes.indexOf(LF, start);
    if (single < 0 || single >= end) this.#line(bytes, start, end);
    else this.#lines(bytes.toString('utf8', start, end).split('\n'));
    return !this.done;
  }

  #line(bytes: Buffer, start: number, end: number): void {
    const first = bytes[start];
    if (first === COLON) this.#out.push(KEEP_ALIVE);
    else if (startsWith(bytes, start, end, DATA_FIELD)) {
      const from = bytes[start + 5] === SPACE ? start + 6 : start + 5;
      this.#data(bytes, from, end);
    } else if (startsWith(bytes, start, end, ERROR_FIELD) || first === OPEN_BRACE) {
      throw streamError(bytes.toString('utf8', first === OPEN_BRACE ? start : start + 6, end));
    }
  }

  /** A frame of several lines: its data lines are one value; names, ids and retry times are not for the client. */
  #lines(lines: readonly string[]): void {
    const data: string[] = [];
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
      else {
        const bytes = Buffer.from(line);
        if (bytes.length > 0) this.#line(bytes, 0, bytes.length);
      }
    }
    // A line end between two data lines can only stand between JSON tokens.
    const joined = Buffer.from(data.join(' '));
    if (joined.length > 0) this.#data(joined, 0, joined.length);
  }

  #data(bytes: Buffer, from: number, to: number): void {
    if (from >= to) return;
    if (bytes[from] === 0x5b && bytes.toString('latin1', from, to).trim() === DONE) {
      this.done = true;
      return;
    }
    const chunk = parseText(bytes.toString('utf8', from, to));
    if (!isJsonObject(chunk)) {
      if (this.#isUsageOnly(bytes, from, to)) return;
      throw new UpstreamError(502, 'The upstream sent an event that is not JSON.', false);
    }
    if (isError(chunk['error'])) throw streamError(bytes.toString('utf8', from, to));
    this.#chunk(chunk, bytes, from, to);
  }

  /** A usage chunk with figures that are no JSON, such as NaN: it is counted by ourselves instead. */
  #isUsageOnly(bytes: Buffer, from: number, to: number): boolean {
    const members = outlineObject(bytes, from, to)?.members ?? [];
    const choices = members.find(({ name }) => name === 'choices');
    return (
      choices?.valueEnd === (choices?.valueStart ?? 0) + 2 && members.some(({ name }) => name === 'usage')
    );
  }

  #chunk(chunk: JsonObject, bytes: Buffer, from: number, to: number): void {
    const { id, choices, usage } = chunk;
    if (typeof id === 'string' && this.#id === null) {
      this.#id = id;
      this.meter.responseId = id;
    }
    // What the client is told then is what it may ask after.
    if (this.#id === null) this.meter.responseId ??= this.options.fallbackId;
    this.meter.sawContent(contentLength(choices));
    this.meter.answer?.sawChunk(choices);
    if (isJsonObject(usage)) {
      this.meter.reported(usage);
      if (!Array.isArray(choices) || choices.length === 0) {
        if (!this.options.wantsUsage || this.#usageSent) return;
        this.#usageSent = true;
      }
    }
    const shown = this.options.rewrite ? this.options.rewrite(chunk) : chunk;
    if (shown !== chunk) {
      if (shown) this.#emitJson({ ...shown, model: this.options.model });
      return;
    }
    const [model, again] = membersNamed(MODEL, bytes, from, to);
    // Of two names a client might read the one that was not replaced.
    if (!model || again || this.#needsRepair(chunk)) {
      const isFirst = this.#first && this.options.object === CHUNK_OBJECT;
      this.#emitJson(repairChunk(chunk, this.#chunkIdentity(), isFirst));
    } else this.#emitAsItCame(bytes, { from, to, model });
    if (choices !== undefined) this.#first = false;
  }

  #needsRepair({ id, object, choices }: JsonObject): boolean {
    if (typeof id !== 'string' || typeof object !== 'string') return true;
    if (!Array.isArray(choices)) return false;
    const isFirst = this.#first && this.options.object === CHUNK_OBJECT;
    return choices.some((choice) => {
      const delta = isJsonObject(choice) ? choice['delta'] : null;
      return isJsonObject(delta) && ((isFirst && !('role' in delta)) || lacksToolIndex(delta['tool_calls']));
    });
  }

  #chunkIdentity() {
    return {
      id: this.#id ?? this.options.fallbackId,
      object: this.options.object,
      created: this.#created,
      model: this.options.model,
    };
  }

  #usageChunk(): JsonObject {
    const { promptTokens, completionTokens } = this.meter.usage();
    return {
      ...this.#chunkIdentity(),
      choices: [],
      usage: {
        prompt_tokens: promptTokens,
        completion_tokens: completionTokens,
        total_tokens: promptTokens + completionTokens,
      },
    };
  }

  #emitOwn(chunk: JsonObject): void {
    const shown = this.options.rewrite ? this.options.rewrite(chunk) : chunk;
    if (shown) this.#emitJson(shown);
  }

  /** With the model as it was asked for; in one piece where it has that name already. */
  #emitAsItCame(bytes: Buffer, { from, to, model }: ShownChunk): void {
    const { valueStart, valueEnd } = model;
    const name = this.#modelJson;
    const isSame =
      valueEnd - valueStart === name.length &&
      bytes.compare(name, 0, name.length, valueStart, valueEnd) === 0;
    if (isSame && isWholeFrame(bytes, from, to)) {
      this.#out.push(bytes.subarray(from - DATA.length, to + FRAME_END.length));
    } else {
      this.#out.push(DATA, bytes.subarray(from, valueStart), name, bytes.subarray(valueEnd, to), FRAME_END);
    }
  }

  #emitJson(value: JsonObject): void {
    this.#out.push(DATA, Buffer.from(JSON.stringify(value)), FRAME_END);
  }
}

/** Whether the data from `from` to `to` stands between the marks that we would put around it. */
const isWholeFrame = (bytes: Buffer, from: number, to: number): boolean =>
  from >= DATA.length && bytes[from - 1] === SPACE && bytes[to] === LF && bytes[to + 1] === LF;

function lacksToolIndex(calls: JsonValue | undefined): boolean {
  return (
    Array.isArray(calls) && calls.some((call) => isJsonObject(call) && typeof call['index'] !== 'number')
  );
}

const isError = (error: JsonValue | undefined): boolean => error !== undefined && error !== null;

function startsWith(bytes: Buffer, start: number, end: number, word: Buffer): boolean {
  if (end - start < word.length) return false;
  let same = 0;
  while (same < word.length && bytes[start + same] === word[same]) same++;
  return same === word.length;
}

/** An error inside a stream is final: its status has gone out long ago. */
function streamError(text: string): UpstreamError {
  return errorFromText(502, text.trim());
}

function parseText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}
