import { BadRequestError, isJsonObject, type JsonObject, type JsonValue } from '@app/call';

const DATA_URI = /^data:([\w.+/-]{1,100});base64,(.+)$/s;

/** What the system says, wherever it stands among the messages. */
export function systemOf(messages: readonly JsonObject[]): JsonObject[] {
  return messages
    .filter(isSystem)
    .flatMap(({ content }) => blocksOf(content))
    .filter(({ type }) => type === 'text');
}

/** The others in Anthropic's words. Neighbours of one role become one: results of tools have to stand together. */
export function messageBlocks(messages: readonly JsonObject[]): JsonObject[] {
  const shown: { role: string; content: JsonObject[] }[] = [];
  for (const message of messages) {
    if (isSystem(message)) continue;
    const role = message['role'] === 'assistant' ? 'assistant' : 'user';
    const content = contentOf(message);
    const last = shown.at(-1);
    if (content.length === 0) continue;
    if (last?.role === role) last.content.push(...content);
    else shown.push({ role, content });
  }
  return shown.map(({ role, content }) => ({ role, content: [...content] }));
}

const isSystem = ({ role }: JsonObject): boolean => role === 'system' || role === 'developer';

function contentOf(message: JsonObject): JsonObject[] {
  const { role, content, tool_calls: calls, tool_call_id: id } = message;
  if (role === 'tool') {
    return [{ type: 'tool_result', tool_use_id: id ?? null, content: [...blocksOf(content)] }];
  }
  const asked = Array.isArray(calls) ? calls.filter(isJsonObject).map(callBlock) : [];
  return [...blocksOf(content), ...asked];
}

function callBlock({ id = null, function: called }: JsonObject): JsonObject {
  const { name = null, arguments: given } = isJsonObject(called) ? called : {};
  return { type: 'tool_use', id, name, input: inputOf(given) };
}

/** Arguments are JSON text in the one protocol and an object in the other. */
function inputOf(given: JsonValue | undefined): JsonObject {
  if (typeof given !== 'string' || given.trim() === '') return {};
  try {
    const input = JSON.parse(given) as JsonValue;
    if (isJsonObject(input)) return input;
  } catch {
    // Said below.
  }
  throw new BadRequestError('The `arguments` of a tool call are no JSON object.', 'messages');
}

function blocksOf(content: JsonValue | undefined): JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.filter(isJsonObject).flatMap(blockOf) : [];
}

function blockOf(part: JsonObject): JsonObject[] {
  const { type, text, refusal, image_url: image } = part;
  if (type === 'text') return text === '' ? [] : [withCache(part, { type: 'text', text: text ?? '' })];
  if (type === 'refusal') return [{ type: 'text', text: refusal ?? '' }];
  if (type === 'image_url') return [withCache(part, { type: 'image', source: sourceOf(image) })];
  throw new BadRequestError(
    `The provider anthropic does not take content of the type ${JSON.stringify(type ?? null).slice(0, 64)}.`,
    'messages',
  );
}

/** Where a prompt may be cached is said in the same words. */
const withCache = ({ cache_control: cache }: JsonObject, block: JsonObject): JsonObject =>
  cache === undefined ? block : { ...block, cache_control: cache };

function sourceOf(image: JsonValue | undefined): JsonObject {
  const url = isJsonObject(image) ? image['url'] : image;
  const inline = typeof url === 'string' ? DATA_URI.exec(url) : null;
  if (inline?.[1] !== undefined && inline[2] !== undefined) {
    return { type: 'base64', media_type: inline[1], data: inline[2] };
  }
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) {
    throw new BadRequestError('A picture must be a data URI or an address.', 'messages');
  }
  return { type: 'url', url };
}
