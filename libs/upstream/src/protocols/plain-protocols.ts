import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { type AnswerProtocol, type EventReader } from './protocol.js';

/** They come in one piece only. */
const noEvents = (): EventReader => ({ modelHolder: null, read: () => ({}) });

/** What is charged by the request where the answer counts no tokens. */
const NOTHING_COUNTED: JsonObject = { prompt_tokens: 0, completion_tokens: 0 };

/** Scores of documents: rerank, in the shapes of llama.cpp and Cohere. */
export const RERANK_PROTOCOL: AnswerProtocol = {
  whole: (answer) => ({
    id: answer['id'],
    usage: answer['usage'] ?? rerankUsage(answer['meta']),
    error: Array.isArray(answer['results']) ? undefined : answer['error'],
  }),
  events: noEvents,
};

function rerankUsage(meta: JsonValue | undefined): JsonObject {
  const tokens = isJsonObject(meta) ? (meta['tokens'] ?? meta['billed_units']) : null;
  const count = isJsonObject(tokens) ? (tokens['input_tokens'] ?? tokens['total_tokens']) : null;
  return typeof count === 'number' ? { prompt_tokens: count } : NOTHING_COUNTED;
}

/** Judgements of texts. */
export const MODERATION_PROTOCOL: AnswerProtocol = {
  whole: (answer) => ({
    id: answer['id'],
    usage: answer['usage'] ?? NOTHING_COUNTED,
    error: Array.isArray(answer['results']) ? undefined : answer['error'],
  }),
  events: noEvents,
};

/** Images; newer models count tokens. */
export const IMAGE_PROTOCOL: AnswerProtocol = {
  whole: ({ usage, data, error }) => ({
    usage: isJsonObject(usage)
      ? { prompt_tokens: usage['input_tokens'] ?? 0, completion_tokens: usage['output_tokens'] ?? 0 }
      : NOTHING_COUNTED,
    error: Array.isArray(data) ? undefined : error,
  }),
  events: noEvents,
};

/** `{"input_tokens": 12}`. */
export const COUNT_PROTOCOL: AnswerProtocol = {
  whole: ({ input_tokens: count, error }) => ({
    error: typeof count === 'number' ? undefined : error,
    isFree: true,
  }),
  events: noEvents,
};

/** llama.cpp's own completions: `content` and counts in the answer, the same piece by piece in a stream. */
export const NATIVE_PROTOCOL: AnswerProtocol = {
  whole: nativeFacts,
  events: () => ({
    modelHolder: null,
    read: (event) => ({ ...nativeFacts(event), isEnd: event['stop'] === true }),
  }),
};

function nativeFacts(answer: JsonObject): {
  usage: JsonValue;
  choices: JsonValue;
  error: JsonValue | undefined;
} {
  const { content, tokens_evaluated: prompt, tokens_predicted: completion, stop, error } = answer;
  const isCounted = stop !== false && typeof prompt === 'number' && typeof completion === 'number';
  return {
    usage: isCounted ? { prompt_tokens: prompt, completion_tokens: completion } : null,
    choices: [{ index: 0, text: content ?? null }],
    error: content === undefined ? error : undefined,
  };
}
