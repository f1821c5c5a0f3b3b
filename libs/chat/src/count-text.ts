import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';

/** The usual figure for English text, and what a chat template puts around a message. */
const BYTES_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 4;

/** Tokens of a prompt as far as its text alone can tell: every model has its own. */
export function estimateTokens({ messages, prompt, contents, system, tools }: JsonObject): number {
  const turns = Array.isArray(messages) ? messages : Array.isArray(contents) ? contents : [];
  const bytes = [...turns, prompt, system, tools]
    .map((value) => bytesOf(value))
    .reduce((sum, count) => sum + count, 0);
  return Math.ceil(bytes / BYTES_PER_TOKEN) + turns.length * TOKENS_PER_MESSAGE;
}

/** Of all texts in a value but those that name a role or a kind, and pictures. */
function bytesOf(value: JsonValue | undefined): number {
  if (typeof value === 'string') return value.startsWith('data:') ? 0 : Buffer.byteLength(value);
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + bytesOf(item), 0);
  if (!isJsonObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, item]) => sum + (name === 'role' || name === 'type' ? 0 : bytesOf(item)),
    0,
  );
}
