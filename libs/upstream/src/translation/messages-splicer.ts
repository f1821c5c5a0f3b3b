import { isJsonObject, type JsonObject, type JsonValue, type UpstreamError } from '@app/call';
import { readFrame } from '../event-frame.js';
import { MESSAGES_PROTOCOL } from '../protocols/messages-protocol.js';
import { type EventReader } from '../protocols/protocol.js';
import { SseFrames } from '../sse-frames.js';
import { type SseSplicer } from '../sse-splicer.js';
import { type StreamSplicer } from '../stream-splicer.js';
import { type UsageMeter } from '../usage-meter.js';
import { finishReason, withTotal } from './messages-to-chat.js';

const COMMENT = Buffer.from(': keep-alive\n\n');
const DONE = Buffer.from('data: [DONE]\n\n');

/** Turns Anthropic's stream into chunks of a chat completion, which then go the way of all chunks. */
export class MessagesSplicer implements StreamSplicer {
  readonly #frames = new SseFrames();
  readonly #reader: EventReader = MESSAGES_PROTOCOL.events();
  readonly #created = Math.floor(Date.now() / 1000);
  /** Tool calls are counted by themselves; blocks with texts between. */
  readonly #calls = new Map<JsonValue, number>();
  #id: JsonValue = null;

  constructor(
    private readonly chat: SseSplicer,
    private readonly meter: UsageMeter,
  ) {}

  get done(): boolean {
    return this.chat.done;
  }

  get failure(): UpstreamError | null {
    return this.chat.failure;
  }

  get lastFrame(): Buffer {
    return this.chat.lastFrame;
  }

  push(chunk: Buffer): Buffer[] {
    const chunks: Buffer[] = [];
    this.#frames.push(chunk, (bytes, start, end) => {
      chunks.push(...this.#frame(bytes, start, end));
      return true;
    });
    return chunks.length === 0 ? [] : this.chat.push(Buffer.concat(chunks));
  }

  finish(): Buffer[] {
    const rest = this.#frames.rest();
    const sent = rest.length === 0 ? [] : this.chat.push(Buffer.concat(this.#frame(rest, 0, rest.length)));
    return [...sent, ...this.chat.finish()];
  }

  #frame(bytes: Buffer, start: number, end: number): Buffer[] {
    const frame = readFrame(bytes, start, end);
    if (frame.stray !== null) return [Buffer.from(`error: ${frame.stray}\n\n`)];
    if (frame.from === frame.to) return [COMMENT];
    const text = frame.bytes.toString('utf8', frame.from, frame.to);
    const event = parseText(text);
    // What is no JSON is said to be none by those who know the way.
    if (!isJsonObject(event)) return [Buffer.from(`data: ${text}\n\n`)];
    return this.#chunks(event);
  }

  #chunks(event: JsonObject): Buffer[] {
    const { id, choices, usage, error, isEnd, prompt } = this.#reader.read(event);
    if (prompt !== undefined) this.meter.prompted(prompt);
    if (error !== undefined) return [data({ error })];
    if (isEnd === true) return [DONE];
    if (event['type'] === 'message_start') {
      this.#id = id ?? null;
      return [this.#chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }])];
    }
    const shown = Array.isArray(choices)
      ? choices.filter(isJsonObject).map((choice) => this.#choice(choice))
      : [];
    const said = shown.filter((choice) => choice['finish_reason'] !== null || !isEmpty(choice['delta']));
    const chunks = said.length === 0 ? [] : [this.#chunk(said)];
    if (usage !== undefined) chunks.push(this.#chunk([], { usage: withTotal(usage) }));
    return chunks.length === 0 ? [COMMENT] : chunks;
  }

  #choice({ index = 0, delta, finish_reason: reason }: JsonObject): JsonObject {
    const calls = isJsonObject(delta) ? delta['tool_calls'] : null;
    const shown = isJsonObject(delta) ? delta : {};
    if (!Array.isArray(calls)) return { index, delta: shown, finish_reason: finishReason(reason) };
    const renumbered = calls.filter(isJsonObject).map((call) => this.#call(call));
    return { index, delta: { ...shown, tool_calls: renumbered }, finish_reason: finishReason(reason) };
  }

  #call(call: JsonObject): JsonObject {
    const block = call['index'] ?? 0;
    const index = this.#calls.get(block) ?? this.#calls.size;
    this.#calls.set(block, index);
    return { ...call, index, ...('id' in call && { type: 'function' }) };
  }

  #chunk(choices: JsonObject[], more: JsonObject = {}): Buffer {
    const identity = { id: this.#id, object: 'chat.completion.chunk', created: this.#created, model: '' };
    return data({ ...identity, choices, ...more });
  }
}

const data = (value: JsonObject): Buffer => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);

const isEmpty = (delta: JsonValue | undefined): boolean =>
  !isJsonObject(delta) || Object.keys(delta).length === 0;

function parseText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}
