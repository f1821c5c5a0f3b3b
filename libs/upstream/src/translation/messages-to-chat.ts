import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { MESSAGES_PROTOCOL } from '../protocols/messages-protocol.js';

const FINISH_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter',
};

/** Why an answer ended, in OpenAI's words; null while it has not. */
export const finishReason = (reason: JsonValue | undefined): string | null =>
  typeof reason === 'string' ? (FINISH_REASONS[reason] ?? 'stop') : null;

/** Usage of a chat completion has a sum. */
export function withTotal(usage: JsonValue | undefined): JsonObject {
  const given = isJsonObject(usage) ? usage : {};
  const { prompt_tokens: prompt = 0, completion_tokens: completion = 0 } = given;
  const total = typeof prompt === 'number' && typeof completion === 'number' ? prompt + completion : 0;
  return { ...given, total_tokens: total };
}

/** A whole answer of Anthropic's as a chat completion. */
export function messagesToChat(answer: JsonObject): JsonObject {
  const { id, usage, choices, error } = MESSAGES_PROTOCOL.whole(answer);
  if (error !== undefined) return { error };
  const [choice] = Array.isArray(choices) ? choices : [];
  const said = isJsonObject(choice) ? choice : {};
  return {
    id: id ?? null,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: answer['model'] ?? null,
    choices: [{ ...said, finish_reason: finishReason(said['finish_reason']) }],
    usage: withTotal(usage),
  };
}
