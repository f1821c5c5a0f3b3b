import {
  isJsonObject,
  type JsonMember,
  type JsonObject,
  type JsonValue,
  outlineObject,
  UpstreamError,
} from '@app/call';
import { type AnswerFacts, type AnswerProtocol } from './protocols/protocol.js';
import { contentLength } from './content-length.js';
import { readWhole } from './read-whole.js';
import { errorFromText } from './upstream-errors.js';
import { messagesToChat } from './translation/messages-to-chat.js';
import { type UpstreamReply } from './upstream.client.js';
import { type UsageMeter } from './usage-meter.js';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
/** Enough for 2,048 embeddings of 4,096 numbers as text; a larger answer is a mistake. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const MAX_PARSED_BYTES = 512 * 1024;
const MAX_FACT_BYTES = 64 * 1024;

/** A whole JSON answer, as pieces ready to be sent. */
export interface JsonAnswer {
  readonly pieces: readonly Buffer[];
  readonly length: number;
}

/** How a whole answer is read, and put into other words where the client speaks another protocol. */
interface WholeProtocol extends Pick<AnswerProtocol, 'whole'> {
  readonly translate?: (answer: JsonObject) => JsonObject;
}

/** Chat, completions and embeddings. */
const CHAT_PROTOCOL: WholeProtocol = {
  whole: ({ id, usage, choices, data, error }): AnswerFacts => ({
    id,
    usage,
    choices,
    error: choices === undefined && data === undefined ? error : undefined,
  }),
};

/** Chat completions of an upstream that answers in Anthropic's words. */
export const TRANSLATED_CHAT: WholeProtocol = { ...CHAT_PROTOCOL, translate: messagesToChat };

/**
 * Reads a whole JSON answer, shows it to the meter and puts `model` in place. Every other byte stays.
 * @throws UpstreamError 502 for an answer that is cut off, empty, no JSON, or an error in disguise
 */
export async function readAnswer(
  reply: UpstreamReply,
  model: string,
  meter: UsageMeter,
  protocol: WholeProtocol = CHAT_PROTOCOL,
): Promise<JsonAnswer> {
  if (!JSON_TYPE.test(reply.headers['content-type'] ?? '')) {
    const error = new UpstreamError(502, 'The upstream answered with something that is not JSON.', true);
    reply.body.abort(error);
    throw error;
  }
  const bytes = translated(await readWhole(reply, MAX_ANSWER_BYTES), protocol);
  const outline = outlineObject(bytes);
  const answer = outline ? factsOf(bytes, outline.members) : null;
  if (!outline || !answer) throw new UpstreamError(502, 'The upstream answered with invalid JSON.', true);
  const { error, choices, usage, id, isFree } = protocol.whole(answer);
  if (error !== undefined && error !== null) throw errorFromText(502, reply.cleaned(bytes.toString()));
  meter.reported(usage ?? null);
  if (isFree !== true) meter.completed();
  if (typeof id === 'string') meter.responseId = id;
  meter.sawContent(contentLength(choices));
  meter.answer?.sawWhole(choices, bytes.length);
  return withModel(
    bytes,
    outline.members.find(({ name }) => name === 'model'),
    model,
  );
}

function translated(bytes: Buffer, { translate }: WholeProtocol): Buffer {
  const answer = translate ? parseText(bytes.toString()) : null;
  return translate && isJsonObject(answer) ? Buffer.from(JSON.stringify(translate(answer))) : bytes;
}

/**
 * The members of an answer. A large one, which can only be vectors, is not built for it: what is needed of it is
 * read from its bytes.
 */
function factsOf(bytes: Buffer, members: readonly JsonMember[]): JsonObject | null {
  if (bytes.length <= MAX_PARSED_BYTES) {
    const answer = parseText(bytes.toString());
    return isJsonObject(answer) ? answer : null;
  }
  const facts: JsonObject = {};
  for (const { name, valueStart, valueEnd } of members) {
    const isSmall = valueEnd - valueStart <= MAX_FACT_BYTES;
    facts[name] = isSmall ? parseText(bytes.toString('utf8', valueStart, valueEnd)) : true;
  }
  return facts;
}

function withModel(bytes: Buffer, member: JsonMember | undefined, model: string): JsonAnswer {
  if (!member) return { pieces: [bytes], length: bytes.length };
  const name = Buffer.from(JSON.stringify(model));
  const pieces = [bytes.subarray(0, member.valueStart), name, bytes.subarray(member.valueEnd)];
  return { pieces, length: bytes.length - (member.valueEnd - member.valueStart) + name.length };
}

function parseText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}
