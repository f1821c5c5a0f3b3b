import { isJsonObject, type JsonObject, type JsonValue, UpstreamError } from '@app/call';
import { type ByteFilter, errorFromText, SseFrames } from '@app/upstream';

const FRAME_END = Buffer.from('\n\n');
const FIELD = /^(?:data|event|id|retry|):/;
/** Of all deltas together: days of speech. */
const MAX_TEXT_LENGTH = 16 * 1024 * 1024;

/**
 * Passes the events of a transcript on. Mends what backends get wrong: a last event without the text, and texts of
 * several lines that break the event in two.
 */
export class TranscriptFilter implements ByteFilter {
  readonly #frames = new SseFrames();
  #deltas: string[] = [];
  #length = 0;
  #isDone = false;

  /** @param onEvent sees each event that is JSON */
  constructor(private readonly onEvent: (event: JsonObject) => void) {}

  push(chunk: Buffer): readonly Buffer[] {
    const out: Buffer[] = [];
    this.#frames.push(chunk, (bytes, start, end) => {
      out.push(this.#mended(bytes.toString('utf8', start, end)), FRAME_END);
      return true;
    });
    return out;
  }

  end(): readonly Buffer[] {
    const rest = this.#frames.rest().toString().trimEnd();
    const out = rest === '' ? [] : [this.#mended(rest), FRAME_END];
    if (this.#deltas.length > 0 && !this.#isDone) {
      throw new UpstreamError(502, 'The upstream ended its transcript too early.', false);
    }
    return out;
  }

  #mended(frame: string): Buffer {
    const lines = frame.split('\n');
    const event = eventOf(lines);
    if (!event)
      return Buffer.from(lines.map((line) => (FIELD.test(line) ? line : `data: ${line}`)).join('\n'));
    const { error, type, delta } = event;
    if (error !== undefined && error !== null && event['text'] === undefined) {
      throw errorFromText(502, JSON.stringify(event));
    }
    this.onEvent(event);
    if (type === 'transcript.text.delta' && typeof delta === 'string') this.#keep(delta);
    if (type !== 'transcript.text.done') return Buffer.from(frame);
    this.#isDone = true;
    if (event['text'] !== '' || this.#deltas.length === 0) return Buffer.from(frame);
    return Buffer.from(`data: ${JSON.stringify({ ...event, text: this.#deltas.join('') })}`);
  }

  #keep(delta: string): void {
    this.#length += delta.length;
    if (this.#length > MAX_TEXT_LENGTH) throw new UpstreamError(502, 'The transcript does not end.', false);
    this.#deltas.push(delta);
  }
}

function eventOf(lines: readonly string[]): JsonObject | null {
  const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart());
  if (data[0]?.startsWith('{') !== true) return null;
  try {
    const value = JSON.parse(data.join('\n')) as JsonValue;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
