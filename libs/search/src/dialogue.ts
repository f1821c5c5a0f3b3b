import { type JsonObject, type JsonValue } from '@app/call';
import { type Wire, type WireExtras } from '@app/pipeline';
import { type SearchHit } from './search-query.js';

/** One call that a model made of a function. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as far as the model wrote JSON. */
  readonly arguments: string;
}

/** What came of one search. */
export interface FoundText {
  readonly call: ToolCall;
  /** Empty where the model asked for nothing. */
  readonly query: string;
  /** What the model reads: hits, or why there are none. */
  readonly text: string;
  readonly hits: readonly SearchHit[];
  readonly isFailed: boolean;
}

/** One time that the model speaks. */
export interface SearchTurn {
  readonly wire: Wire;
  /** The searches that the model asks for, where it asks for nothing else; known once the turn is over. */
  readonly searches: readonly ToolCall[];
}

/** A turn whose searches are read from the answer that passes. */
export const searchTurn = (wire: Wire, turn: Pick<SearchTurn, 'searches'>): SearchTurn => ({
  wire,
  get searches() {
    return turn.searches;
  },
});

/** One answer over all its turns, in the words of one door. */
export interface Dialogue {
  /** The body for the next turn, without tools. */
  body(): JsonObject;
  turn(): SearchTurn;
  /** What the searches of the turn came to; the next turn is told, and the client may be. */
  found(results: readonly FoundText[]): void;
}

export interface DialogueSetup {
  readonly body: JsonObject;
  /** Functions that the gateway runs itself. */
  readonly searches: ReadonlySet<string>;
  /** What the door adds to each request. */
  readonly extras: WireExtras;
}

/** How a door offers functions, and speaks with a model that may search. */
export interface Dialect {
  tool(name: string, description: string, parameters: JsonObject): JsonObject;
  /** The choice of one function. */
  choice(name: string): JsonValue;
  begin(setup: DialogueSetup): Dialogue;
  /** For models that cannot call functions. */
  plainWire(extras: WireExtras): Wire;
}
