import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { type AnswerProtocol, type EventFacts, type EventReader } from './protocol.js';

/** Anthropic's messages. */
export const MESSAGES_PROTOCOL: AnswerProtocol = {
  whole: (answer) => ({
    id: answer['id'],
    usage: chatUsage(answer['usage']),
    choices: [
      { index: 0, message: chatMessage(answer['content']), finish_reason: answer['stop_reason'] ?? null },
    ],
    error: answer['type'] === 'error' ? answer['error'] : undefined,
  }),
  events: () => new MessageEvents(),
};

/** Usage comes in two parts: the prompt's with the first event, the answer's with the last but one. */
class MessageEvents implements EventReader {
  readonly modelHolder = 'message';
  #usage: JsonObject = {};

  read(event: JsonObject): EventFacts {
    switch (event['type']) {
      case 'message_start':
        return this.#started(event['message']);
      case 'content_block_delta':
        return { choices: [{ index: 0, delta: chatDelta(event) }] };
      case 'content_block_start':
        return { choices: [{ index: 0, delta: startedCall(event) }] };
      case 'message_delta':
        return this.#ending(event);
      case 'message_stop':
        return { isEnd: true };
      case 'error':
        return { error: event['error'] ?? event };
      default:
        return {};
    }
  }

  #started(message: JsonValue | undefined): EventFacts {
    if (!isJsonObject(message)) return {};
    if (isJsonObject(message['usage'])) this.#usage = message['usage'];
    return { id: message['id'], prompt: chatUsage(this.#usage) };
  }

  #ending({ usage, delta }: JsonObject): EventFacts {
    if (isJsonObject(usage)) this.#usage = { ...this.#usage, ...withoutNulls(usage) };
    const reason = isJsonObject(delta) ? (delta['stop_reason'] ?? null) : null;
    return {
      usage: isJsonObject(usage) ? chatUsage(this.#usage) : undefined,
      choices: [{ index: 0, delta: {}, finish_reason: reason }],
    };
  }
}

/**
 * Their usage in OpenAI's words. What was read from the cache and written to it is no part of `input_tokens` there,
 * and part of the prompt here.
 */
function chatUsage(usage: JsonValue | undefined): JsonValue {
  if (!isJsonObject(usage)) return null;
  const { input_tokens: input, output_tokens: output } = usage;
  if (typeof input !== 'number') return null;
  const written = numberIn(usage, 'cache_creation_input_tokens');
  const details: JsonObject = { cached_tokens: numberIn(usage, 'cache_read_input_tokens') };
  if (written > 0) {
    details['cache_creation_tokens'] = written;
    const byTime = usage['cache_creation'];
    if (isJsonObject(byTime)) details['cache_creation_token_details'] = byTime;
  }
  return {
    prompt_tokens: promptOf(usage),
    completion_tokens: output ?? 0,
    prompt_tokens_details: details,
    ...(written > 0 ? { cache_creation_input_tokens: written } : {}),
  };
}

function promptOf(usage: JsonObject): number {
  const names = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'];
  return names.reduce((sum, name) => sum + numberIn(usage, name), 0);
}

function numberIn(object: JsonObject, name: string): number {
  const value = object[name];
  return typeof value === 'number' ? value : 0;
}

const withoutNulls = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));

function chatMessage(content: JsonValue | undefined): JsonObject {
  const blocks = Array.isArray(content) ? content.filter((block) => isJsonObject(block)) : [];
  const textOf = (type: string, name: string): string =>
    blocks.map((block) => (block['type'] === type ? textIn(block[name]) : '')).join('');
  const calls = blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({
      id: id ?? null,
      type: 'function',
      function: { name: name ?? null, arguments: JSON.stringify(input ?? {}) },
    }));
  const thoughts = textOf('thinking', 'thinking');
  return {
    role: 'assistant',
    content: textOf('text', 'text'),
    ...(thoughts === '' ? {} : { reasoning_content: thoughts }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function chatDelta({ delta, index }: JsonObject): JsonObject {
  if (!isJsonObject(delta)) return {};
  if (typeof delta['text'] === 'string') return { content: delta['text'] };
  if (typeof delta['thinking'] === 'string') return { reasoning_content: delta['thinking'] };
  if (typeof delta['partial_json'] !== 'string') return {};
  return { tool_calls: [{ index: index ?? 0, function: { arguments: delta['partial_json'] } }] };
}

function startedCall({ content_block: block, index }: JsonObject): JsonObject {
  if (!isJsonObject(block) || block['type'] !== 'tool_use') return {};
  const { id = null, name = null } = block;
  return { tool_calls: [{ index: index ?? 0, id, function: { name, arguments: '' } }] };
}

const textIn = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
