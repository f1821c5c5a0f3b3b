import { isJsonObject, type JsonObject } from '@app/call';

/** What a chunk needs so that every client understands it. */
export interface ChunkIdentity {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
}

/**
 * Completes a chunk that lacks what clients rely on: `id`, `object`, `created`, the `index` of choices and of
 * tool calls, and the assistant role of the first delta. llama-swap's loading chunks come bare, and without the
 * role LangChain loses the answer's tool calls.
 */
export function repairChunk(chunk: JsonObject, identity: ChunkIdentity, isFirst: boolean): JsonObject {
  const choices = Array.isArray(chunk['choices']) ? chunk['choices'] : [];
  choices.forEach((choice, position) => {
    if (!isJsonObject(choice)) return;
    choice['index'] ??= position;
    const delta = choice['delta'];
    if (!isJsonObject(delta)) return;
    if (isFirst) delta['role'] ??= 'assistant';
    const calls = Array.isArray(delta['tool_calls']) ? delta['tool_calls'] : [];
    calls.forEach((call, index) => {
      if (isJsonObject(call)) call['index'] ??= index;
    });
  });
  return { ...identity, ...chunk, model: identity.model };
}
