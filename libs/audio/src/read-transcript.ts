import { type JsonObject, type JsonValue, outlineObject, UpstreamError } from '@app/call';
import { errorFromText, readWhole, type UpstreamReply } from '@app/upstream';

/** Days of speech with a time for each word. */
const MAX_TRANSCRIPT_BYTES = 64 * 1024 * 1024;
const MAX_FACT_BYTES = 64 * 1024;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;
const TEXT_TYPE = /^(?:text\/(?:plain|vtt|srt)|application\/(?:x-subrip|srt))\b/i;
const JSON_FORMATS = new Set(['json', 'verbose_json', 'diarized_json']);

export interface Transcript {
  readonly bytes: Buffer;
  readonly contentType: string;
  /** What is told besides the text; empty where the transcript is text alone. */
  readonly facts: JsonObject;
}

/**
 * Reads a whole transcript in the format that was asked for; its bytes stay as they came.
 * @throws UpstreamError for one that is cut off, of another kind, or an error in disguise
 */
export async function readTranscript(reply: UpstreamReply, format: string): Promise<Transcript> {
  const type = reply.headers['content-type'] ?? '';
  const bytes = await readWhole(reply, MAX_TRANSCRIPT_BYTES);
  const isJson = JSON_TYPE.test(type) || (JSON_FORMATS.has(format) && bytes[0] === 0x7b);
  if (!isJson) {
    if (JSON_FORMATS.has(format) || !TEXT_TYPE.test(type)) {
      throw new UpstreamError(502, 'The upstream answered with something that is no transcript.', true);
    }
    return { bytes, contentType: type, facts: {} };
  }
  const facts = factsOf(bytes);
  if (!facts) throw new UpstreamError(502, 'The upstream answered with invalid JSON.', true);
  // Some answer 200 with an error in it.
  if (facts['text'] === undefined) throw errorFromText(502, bytes.toString('utf8', 0, MAX_FACT_BYTES));
  return { bytes, contentType: 'application/json', facts };
}

/** The members of the transcript but for the long ones, which are not read for it. */
function factsOf(bytes: Buffer): JsonObject | null {
  const outline = outlineObject(bytes);
  if (!outline) return null;
  const facts: JsonObject = {};
  for (const { name, valueStart, valueEnd } of outline.members) {
    if (name === '__proto__') continue;
    const isShort = valueEnd - valueStart <= MAX_FACT_BYTES;
    facts[name] = isShort ? (parsed(bytes.toString('utf8', valueStart, valueEnd)) ?? null) : true;
  }
  return facts;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
