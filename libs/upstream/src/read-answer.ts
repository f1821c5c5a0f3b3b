import { type JsonMember, type JsonValue, outlineObject, UpstreamError } from '@app/call';
import { contentLength } from './content-length.js';
import { collect } from './exchange.js';
import { connectionError, errorFromText } from './upstream-errors.js';
import { type UpstreamReply } from './upstream.client.js';
import { type UsageMeter } from './usage-meter.js';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
/** Enough for 2,048 embeddings of 4,096 numbers as text; a larger answer is a mistake. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** A whole JSON answer, as pieces ready to be sent. */
export interface JsonAnswer {
  readonly pieces: readonly Buffer[];
  readonly length: number;
}

/**
 * Reads a whole JSON answer, shows it to the meter and puts `model` in place. Every other byte stays.
 * @throws UpstreamError 502 for an answer that is cut off, empty, no JSON, or an error in disguise
 */
export async function readAnswer(
  reply: UpstreamReply,
  model: string,
  meter: UsageMeter,
): Promise<JsonAnswer> {
  if (!JSON_TYPE.test(reply.headers['content-type'] ?? '')) {
    const error = new UpstreamError(502, 'The upstream answered with something that is not JSON.', true);
    reply.body.abort(error);
    throw error;
  }
  const bytes = await readWhole(reply);
  const outline = outlineObject(bytes);
  if (!outline) throw new UpstreamError(502, 'The upstream answered with invalid JSON.', true);
  const member = (name: string): JsonMember | undefined => outline.members.find((each) => each.name === name);
  const error = member('error');
  if (error && valueOf(bytes, error) !== null && !member('choices') && !member('data')) {
    throw errorFromText(502, bytes.toString());
  }
  const usage = member('usage');
  if (usage) meter.reported(valueOf(bytes, usage));
  const id = member('id');
  const responseId = id ? valueOf(bytes, id) : null;
  if (typeof responseId === 'string') meter.responseId = responseId;
  const choices = member('choices');
  if (choices) meter.sawContent(contentLength(bytes, choices.valueStart, choices.valueEnd));
  return withModel(bytes, member('model'), model);
}

function withModel(bytes: Buffer, member: JsonMember | undefined, model: string): JsonAnswer {
  if (!member) return { pieces: [bytes], length: bytes.length };
  const name = Buffer.from(JSON.stringify(model));
  const pieces = [bytes.subarray(0, member.valueStart), name, bytes.subarray(member.valueEnd)];
  return { pieces, length: bytes.length - (member.valueEnd - member.valueStart) + name.length };
}

async function readWhole(reply: UpstreamReply): Promise<Buffer> {
  try {
    const { bytes, isWhole } = await collect(reply.body, MAX_ANSWER_BYTES);
    if (isWhole) return bytes;
  } catch (error) {
    throw connectionError(error);
  }
  throw new UpstreamError(502, 'The upstream answer is too large.', false);
}

function valueOf(bytes: Buffer, member: JsonMember): JsonValue {
  try {
    return JSON.parse(bytes.toString('utf8', member.valueStart, member.valueEnd)) as JsonValue;
  } catch {
    return null;
  }
}
