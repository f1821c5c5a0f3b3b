import { type JsonObject, type JsonValue } from '@app/call';
import { protocolWire } from '@app/pipeline';
import { RESPONSES_PROTOCOL } from '@app/upstream';
import {
  type Dialect,
  type Dialogue,
  type DialogueSetup,
  type FoundText,
  type SearchTurn,
} from './dialogue.js';
import { listOf, objectsOf } from './list-of.js';
import { ResponsesTurn } from './responses-turn.js';
import { searchItem } from './search-item.js';
import { type SearchHit } from './search-query.js';

/** OpenAI's responses. */
export const RESPONSES_DIALECT: Dialect = {
  tool: (name, description, parameters) => ({ type: 'function', name, description, parameters }),
  choice: (name) => ({ type: 'function', name }),
  begin: (setup) => new ResponsesDialogue(setup),
  plainWire: (extras) => protocolWire(RESPONSES_PROTOCOL, extras),
};

class ResponsesDialogue implements Dialogue {
  readonly #hits: SearchHit[] = [];
  /** Items of the answer that the client has, or gets with the last turn. */
  readonly #shown: JsonObject[] = [];
  #input: readonly JsonValue[];
  #pending: readonly JsonObject[] = [];
  #last: ResponsesTurn | null = null;

  constructor(private readonly setup: DialogueSetup) {
    const { input } = setup.body;
    // What was searched for an earlier answer: no other server knows these items.
    this.#input =
      typeof input === 'string'
        ? [{ role: 'user', content: input }]
        : listOf(input).filter((item) => objectsOf([item])[0]?.['type'] !== 'web_search_call');
  }

  body(): JsonObject {
    return this.#last === null && typeof this.setup.body['input'] === 'string'
      ? this.setup.body
      : { ...this.setup.body, input: [...this.#input] };
  }

  turn(): SearchTurn {
    const turn = new ResponsesTurn({
      searches: this.setup.searches,
      hits: this.#hits,
      shown: this.#shown,
      pending: this.#pending,
      tools: this.setup.body['tools'] ?? [],
      before: this.#last,
    });
    this.#last = turn;
    return {
      wire: protocolWire(RESPONSES_PROTOCOL, this.setup.extras, turn),
      get searches() {
        return turn.searches;
      },
    };
  }

  found(results: readonly FoundText[]): void {
    const outputs = results.map(({ call, text }) => ({
      type: 'function_call_output',
      call_id: call.id,
      output: text,
    }));
    this.#input = [...this.#input, ...(this.#last?.said ?? []), ...outputs];
    this.#hits.push(...results.flatMap(({ hits }) => hits));
    this.#pending = results.map(({ call, isFailed }) => searchItem(call, isFailed ? 'failed' : 'completed'));
    this.#shown.push(...(this.#last?.shownItems ?? []), ...this.#pending);
  }
}
