import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { type AnswerFacts, type AnswerProtocol, type EventFacts } from './protocol.js';

const TEXT_DELTAS: Readonly<Record<string, string>> = {
  'response.output_text.delta': 'content',
  'response.refusal.delta': 'refusal',
  'response.reasoning_text.delta': 'reasoning_content',
  'response.reasoning_summary_text.delta': 'reasoning_content',
};
const CALL_DELTA = /^response\.(?:function_call_arguments|custom_tool_call_input|mcp_call_arguments)\.delta$/;

/** OpenAI's responses. */
export const RESPONSES_PROTOCOL: AnswerProtocol = {
  whole: factsOf,
  events: () => ({ modelHolder: 'response', read: readEvent }),
};

/** A response that is kept, what belongs to it, or that it is gone: nothing is made for it. */
export const KEPT_RESPONSE_PROTOCOL: Pick<AnswerProtocol, 'whole'> = {
  whole: ({ object, error }) => ({ error: typeof object === 'string' ? undefined : error, isFree: true }),
};

function readEvent(event: JsonObject): EventFacts {
  const type = typeof event['type'] === 'string' ? event['type'] : '';
  const { delta, response } = event;
  const field = TEXT_DELTAS[type];
  if (field !== undefined) return { choices: [{ index: 0, delta: { [field]: delta ?? null } }] };
  if (CALL_DELTA.test(type)) return { choices: [{ index: 0, delta: callDelta(event) }] };
  switch (type) {
    case 'response.created':
      return { id: isJsonObject(response) ? response['id'] : undefined };
    case 'response.output_item.added':
      return { choices: [{ index: 0, delta: startedCall(event) }] };
    case 'response.completed':
    case 'response.incomplete':
      return { usage: isJsonObject(response) ? chatUsage(response['usage']) : undefined, isEnd: true };
    case 'response.failed':
      return { error: (isJsonObject(response) ? response['error'] : null) ?? 'The upstream failed.' };
    case 'error':
      return {
        error: event['error'] ?? {
          message: event['message'] ?? 'The upstream failed.',
          code: event['code'] ?? null,
        },
      };
    default:
      return {};
  }
}

/** Answers that failed are answers all the same: they say so in their `status`. */
function factsOf(answer: JsonObject): AnswerFacts {
  const isAnswer = answer['object'] === 'response' || Array.isArray(answer['output']);
  return {
    id: answer['id'],
    usage: chatUsage(answer['usage']),
    choices: [{ index: 0, message: messageOf(answer['output']), finish_reason: answer['status'] ?? null }],
    error: isAnswer ? undefined : answer['error'],
  };
}

function chatUsage(usage: JsonValue | undefined): JsonValue {
  if (!isJsonObject(usage)) return null;
  return {
    prompt_tokens: usage['input_tokens'] ?? null,
    completion_tokens: usage['output_tokens'] ?? null,
    prompt_tokens_details: usage['input_tokens_details'] ?? {},
    completion_tokens_details: usage['output_tokens_details'] ?? {},
  };
}

function messageOf(output: JsonValue | undefined): JsonObject {
  const items = Array.isArray(output) ? output.filter((item) => isJsonObject(item)) : [];
  const partsOf = (type: string): JsonObject[] =>
    items
      .filter((item) => item['type'] === type)
      .flatMap(({ content, summary }) => [...listOf(content), ...listOf(summary)])
      .filter((part) => isJsonObject(part));
  const texts = (parts: readonly JsonObject[]): string =>
    parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('');
  const calls = items
    .filter(({ type }) => type === 'function_call')
    .map(({ call_id: id = null, name = null, arguments: given }) => ({
      id,
      type: 'function',
      function: { name, arguments: given ?? '' },
    }));
  const thoughts = texts(partsOf('reasoning'));
  return {
    role: 'assistant',
    content: texts(partsOf('message')),
    ...(thoughts === '' ? {} : { reasoning_content: thoughts }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

const callDelta = ({ delta, output_index: index }: JsonObject): JsonObject => ({
  tool_calls: [{ index: index ?? 0, function: { arguments: delta ?? '' } }],
});

function startedCall({ item, output_index: index }: JsonObject): JsonObject {
  if (!isJsonObject(item) || item['type'] !== 'function_call') return {};
  const { call_id: id = null, name = null } = item;
  return { tool_calls: [{ index: index ?? 0, id, function: { name, arguments: '' } }] };
}

const listOf = (value: JsonValue | undefined): JsonValue[] => (Array.isArray(value) ? value : []);
