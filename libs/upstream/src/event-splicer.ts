import { isJsonObject, type JsonObject, type JsonValue, membersNamed, UpstreamError } from '@app/call';
import { contentLength } from './content-length.js';
import { type EventFrame, readFrame } from './event-frame.js';
import { type AnswerProtocol, type EventFacts, type EventReader } from './protocols/protocol.js';
import { SseFrames } from './sse-frames.js';
import { type StreamSplicer } from './stream-splicer.js';
import { errorFromText } from './upstream-errors.js';
import { type UsageMeter } from './usage-meter.js';

const KEEP_ALIVE = Buffer.from(': keep-alive\n\n');
const DATA = Buffer.from('data: ');
const FRAME_END = Buffer.from('\n\n');
const MODEL = Buffer.from('model');
const COLON = 0x3a;
const NOTHING = Buffer.alloc(0);

/** What of a stream of events its client gets. */
export interface ShownEvents {
  /** The name the client asked for; replaces the upstream's own. */
  readonly model: string;
  /** Null: everything, as it came. */
  readonly reader: {
    /** The events that the client gets for one; the event itself, alone, leaves as it came. */
    event(event: JsonObject): readonly JsonObject[];
    /** At the end: more follows, so that there is no last event. */
    isToContinue(): boolean;
  } | null;
}

/**
 * Turns a stream of named events into the client's: every event leaves as it came but for the name of the model. The
 * event that ends the answer is kept for {@link lastFrame}.
 */
export class EventSplicer implements StreamSplicer {
  done = false;
  failure: UpstreamError | null = null;
  lastFrame = NOTHING;
  readonly #frames = new SseFrames();
  readonly #reader: EventReader;
  readonly #modelJson: Buffer;
  #out: Buffer[] = [];

  constructor(
    protocol: AnswerProtocol,
    private readonly shown: ShownEvents,
    private readonly meter: UsageMeter,
  ) {
    this.#reader = protocol.events();
    this.#modelJson = Buffer.from(JSON.stringify(shown.model));
  }

  push(chunk: Buffer): Buffer[] {
    return this.#collect(() => {
      if (!this.done) this.#frames.push(chunk, (bytes, start, end) => this.#frame(bytes, start, end));
    });
  }

  finish(): Buffer[] {
    return this.#collect(() => {
      const rest = this.#frames.rest();
      if (!this.done && rest.length > 0) this.#frame(rest, 0, rest.length);
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
    const frame = readFrame(bytes, start, end);
    if (frame.stray !== null) throw errorFromText(502, frame.stray);
    if (frame.from < frame.to) this.#event(frame);
    else if (bytes[start] === COLON) this.#out.push(KEEP_ALIVE);
    return !this.done;
  }

  #event(frame: EventFrame): void {
    const { bytes, from, to } = frame;
    const text = bytes.toString('utf8', from, to);
    const event = parseText(text);
    if (!isJsonObject(event)) {
      if (text.trim() === '[DONE]') return;
      throw new UpstreamError(502, 'The upstream sent an event that is not JSON.', false);
    }
    const facts = this.#reader.read(event);
    const error = facts.error ?? event['error'];
    if (error !== undefined && error !== null) throw errorFromText(502, JSON.stringify({ error }));
    this.#meter(facts);
    const pieces = this.#shownPieces(frame, event);
    if (facts.isEnd === true) this.done = true;
    if (this.done && this.shown.reader?.isToContinue() !== true) this.lastFrame = Buffer.concat(pieces);
    else this.#out.push(...pieces);
  }

  #shownPieces(frame: EventFrame, event: JsonObject): Buffer[] {
    const events = this.shown.reader ? this.shown.reader.event(event) : null;
    if (events === null || (events.length === 1 && events[0] === event)) return this.#pieces(frame, event);
    return events.map((one) => this.#written(one));
  }

  /** An event of our own making. */
  #written(event: JsonObject): Buffer {
    const { type } = event;
    return Buffer.from(
      `event: ${typeof type === 'string' ? type : 'message'}\ndata: ${JSON.stringify(this.#named(event))}\n\n`,
    );
  }

  /** With the model as it was asked for. */
  #named(event: JsonObject): JsonObject {
    const { modelHolder } = this.#reader;
    const { model } = this.shown;
    if (modelHolder === null) return 'model' in event ? { ...event, model } : event;
    const held = event[modelHolder];
    return isJsonObject(held) && 'model' in held ? { ...event, [modelHolder]: { ...held, model } } : event;
  }

  #meter({ id, usage, choices, prompt }: EventFacts): void {
    const { meter } = this;
    if (typeof id === 'string') meter.responseId ??= id;
    if (prompt !== undefined) meter.prompted(prompt);
    if (choices !== undefined) {
      meter.sawContent(contentLength(choices));
      meter.answer?.sawChunk(choices);
    }
    if (usage !== undefined && usage !== null) meter.reported(usage);
  }

  /** The frame as it came, with the model as it was asked for; clients go by the name, which some servers leave out. */
  #pieces({ name, bytes, from, to }: EventFrame, event: JsonObject): Buffer[] {
    const shown = name ?? (typeof event['type'] === 'string' ? event['type'] : null);
    const head = shown === null ? DATA : Buffer.from(`event: ${shown}\ndata: `);
    const [model, again] = modelsIn(bytes, { from, to }, this.#reader.modelHolder);
    if (!model) return [head, bytes.subarray(from, to), FRAME_END];
    // Of two names a client might read the one that was not replaced.
    if (again) return [head, Buffer.from(JSON.stringify(this.#named(event))), FRAME_END];
    return [
      head,
      bytes.subarray(from, model.start),
      this.#modelJson,
      bytes.subarray(model.end, to),
      FRAME_END,
    ];
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where the name of the model stands in the data of a frame: once, unless somebody repeats a member. */
function modelsIn(
  bytes: Buffer,
  { from, to }: Span,
  holder: string | null,
): { readonly start: number; readonly end: number }[] {
  const found = membersNamed(holder === null ? MODEL : Buffer.from(holder), bytes, from, to);
  if (holder === null) return found.map(({ valueStart, valueEnd }) => ({ start: valueStart, end: valueEnd }));
  return found.flatMap(({ valueStart, valueEnd }) =>
    modelsIn(bytes, { from: valueStart, to: valueEnd }, null),
  );
}

function parseText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}
