import {
  BadRequestError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  NO_USAGE,
  type Usage,
} from '@app/call';

/** English text has about as many bytes in a token; a message's frame costs some tokens more. */
const BYTES_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 4;

/** The usage that an answer states. @throws BadRequestError when it states none that can be charged */
export function usageIn(answer: JsonObject): Usage {
  const { usage } = answer;
  if (!isJsonObject(usage)) {
    throw new BadRequestError('completion_response needs a `usage`.', 'completion_response');
  }
  const details = detailsIn(usage, 'prompt_tokens_details');
  const byTime = detailsIn(details, 'cache_creation_token_details');
  return {
    ...NO_USAGE,
    promptTokens: countIn(usage, 'prompt_tokens'),
    cachedTokens: countIn(details, 'cached_tokens') || countIn(usage, 'cache_read_input_tokens'),
    cacheWriteTokens:
      countIn(details, 'cache_creation_tokens') || countIn(usage, 'cache_creation_input_tokens'),
    cacheWriteHourTokens: countIn(byTime, 'ephemeral_1h_input_tokens'),
    completionTokens: countIn(usage, 'completion_tokens'),
    reasoningTokens: countIn(detailsIn(usage, 'completion_tokens_details'), 'reasoning_tokens'),
  };
}

/** A rough count: the gateway has no tokenizer for every model. */
export function tokensOfMessages(messages: readonly JsonObject[]): number {
  return messages.reduce((all, message) => {
    const bytes = Buffer.byteLength(
      typeof message.content === 'string' ? message.content : textOf(message.content),
    );
    return all + Math.ceil(bytes / BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE;
  }, 0);
}

function textOf(content: JsonValue | undefined): string {
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => (isJsonObject(part) && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

function detailsIn(usage: JsonObject, name: string): JsonObject {
  const details = usage[name];
  return isJsonObject(details) ? details : {};
}

function countIn(counts: JsonObject, name: string): number {
  const count = counts[name] ?? 0;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new BadRequestError(
    `completion_response.usage.${name} must be a whole number.`,
    'completion_response',
  );
}
