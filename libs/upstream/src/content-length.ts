import { isJsonObject, type JsonValue } from '@app/call';

/** Length of the text that a model produced, in the `choices` of an answer or of a chunk. */
export function contentLength(choices: JsonValue | undefined): number {
  if (!Array.isArray(choices)) return 0;
  let length = 0;
  for (const choice of choices) {
    if (!isJsonObject(choice)) continue;
    const message = choice['delta'] ?? choice['message'];
    length += isJsonObject(message) ? messageLength(message) : textLength(choice['text']);
  }
  return length;
}

function messageLength(message: Readonly<Record<string, JsonValue>>): number {
  const { content, reasoning_content: reasoningContent, reasoning, refusal, tool_calls: calls } = message;
  const texts = textLength(content) + textLength(reasoningContent ?? reasoning) + textLength(refusal);
  return Array.isArray(calls) ? calls.reduce((sum: number, call) => sum + calledLength(call), texts) : texts;
}

/** The name comes with the first piece of a call, which has no arguments yet and is a token all the same. */
function calledLength(call: JsonValue): number {
  const called = isJsonObject(call) ? call['function'] : null;
  return isJsonObject(called) ? textLength(called['name']) + textLength(called['arguments']) : 0;
}

const textLength = (value: JsonValue | undefined): number => (typeof value === 'string' ? value.length : 0);
