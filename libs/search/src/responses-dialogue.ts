import { type JsonObject, type JsonValue } from '@app/call';
import { protocolWire } from '@app/pipeline';
import { RESPONSES_PROTOCOL } from '@app/upstream';
import { type Dialect, type DialogueSetup, type FoundText } from './dialogue.js';
import { EventDialogue, type TurnsSoFar } from './event-dialogue.js';
import { listOf, objectsOf } from './list-of.js';
import { ResponsesTurn } from './responses-turn.js';
import { searchItem } from './search-item.js';

/** OpenAI's responses. */
export const RESPONSES_DIALECT: Dialect = {
  tool: (name, description, parameters) => ({ type: 'function', name, description, parameters }),
  choice: (name) => ({ type: 'function', name }),
  begin: (setup) => new ResponsesDialogue(setup),
  plainWire: (extras) => protocolWire(RESPONSES_PROTOCOL, extras),
};

class ResponsesDialogue extends EventDialogue<ResponsesTurn> {
  #input: readonly JsonValue[];
  #isFirst = true;

  constructor(setup: DialogueSetup) {
    super(RESPONSES_PROTOCOL, setup);
    const { input } = setup.body;
    // What was searched for an earlier answer: no other server knows these items.
    this.#input =
      typeof input === 'string'
        ? [{ role: 'user', content: input }]
        : listOf(input).filter((item) => objectsOf([item])[0]?.['type'] !== 'web_search_call');
  }

  body(): JsonObject {
    return this.#isFirst && typeof this.setup.body['input'] === 'string'
      ? this.setup.body
      : { ...this.setup.body, input: [...this.#input] };
  }

  protected next(soFar: TurnsSoFar<ResponsesTurn>): ResponsesTurn {
    this.#isFirst = false;
    return new ResponsesTurn({ ...soFar, tools: this.setup.body['tools'] ?? [] });
  }

  protected tell(said: readonly JsonObject[], results: readonly FoundText[]): void {
    const outputs = results.map(({ call, text }) => ({
      type: 'function_call_output',
      call_id: call.id,
      output: text,
    }));
    this.#input = [...this.#input, ...said, ...outputs];
  }

  protected ended({ call, isFailed }: FoundText): JsonObject {
    return searchItem(call, isFailed ? 'failed' : 'completed');
  }
}
