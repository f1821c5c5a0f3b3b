import { type JsonObject, type JsonValue } from '@app/call';
import { textWire } from '@app/pipeline';
import {
  type Dialect,
  type Dialogue,
  type DialogueSetup,
  type FoundText,
  type SearchTurn,
  searchTurn,
  type ToolCall,
} from './dialogue.js';
import { listOf } from './list-of.js';
import { ModelTurn } from './model-turn.js';
import { queryOf } from './query-of.js';
import { type SearchHit } from './search-query.js';

/** Chat completions. */
export const CHAT_DIALECT: Dialect = {
  tool: (name, description, parameters) => ({
    type: 'function',
    function: { name, description, parameters },
  }),
  choice: (name) => ({ type: 'function', function: { name } }),
  begin: (setup) => new ChatDialogue(setup),
  plainWire: () => textWire(),
};

class ChatDialogue implements Dialogue {
  readonly #hits: SearchHit[] = [];
  #messages: readonly JsonValue[];
  #identity: JsonObject | null = null;
  #last: ModelTurn | null = null;

  constructor(private readonly setup: DialogueSetup) {
    this.#messages = listOf(setup.body['messages']);
  }

  body(): JsonObject {
    return { ...this.setup.body, messages: [...this.#messages] };
  }

  turn(): SearchTurn {
    const turn = new ModelTurn({ searches: this.setup.searches, hits: this.#hits, identity: this.#identity });
    this.#last = turn;
    return searchTurn(textWire(turn), turn);
  }

  found(results: readonly FoundText[]): void {
    this.#identity = this.#last?.identity ?? null;
    const answers = results.map(({ call, text }) => ({ role: 'tool', tool_call_id: call.id, content: text }));
    const said = assistantMessage(
      this.#last?.content ?? '',
      results.map(({ call }) => call),
    );
    this.#messages = [...this.#messages, said, ...answers];
    this.#hits.push(...results.flatMap(({ hits }) => hits));
  }
}

function assistantMessage(content: string, calls: readonly ToolCall[]): JsonObject {
  return {
    role: 'assistant',
    content: content === '' ? null : content,
    tool_calls: calls.map(({ id, name, arguments: text }) => ({
      id,
      type: 'function',
      // Templates parse it: what is no JSON would fail the next turn.
      function: { name, arguments: queryOf(text) === '' ? '{}' : text },
    })),
  };
}
