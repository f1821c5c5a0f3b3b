import { type JsonObject } from '@app/call';
import { type EventAnswerReader, protocolWire } from '@app/pipeline';
import { type AnswerProtocol } from '@app/upstream';
import {
  type Dialogue,
  type DialogueSetup,
  type FoundText,
  type SearchTurn,
  searchTurn,
  type ToolCall,
} from './dialogue.js';
import { type SearchHit } from './search-query.js';

/** One turn of a protocol of named events. */
export interface EventTurn extends EventAnswerReader {
  readonly searches: readonly ToolCall[];
  /** Everything that the model said, in its own words. */
  readonly said: readonly JsonObject[];
  /** What the client sees of it. */
  readonly shown: readonly JsonObject[];
}

/** What the turns of one answer leave for the next turn. */
export interface TurnsSoFar<Turn> {
  /** Functions that the gateway runs itself. */
  readonly searches: ReadonlySet<string>;
  /** What was found. */
  readonly hits: readonly SearchHit[];
  /** Parts of the answer that the client has, or gets with the last turn. */
  readonly shown: readonly JsonObject[];
  /** Those among them that a stream has not told to the end yet. */
  readonly pending: readonly JsonObject[];
  /** The turn before; null in the first. */
  readonly before: Turn | null;
}

/** An answer of named events over all its turns: a door says how its model is told, and how its client is shown. */
export abstract class EventDialogue<Turn extends EventTurn> implements Dialogue {
  readonly #hits: SearchHit[] = [];
  readonly #shown: JsonObject[] = [];
  #pending: readonly JsonObject[] = [];
  #last: Turn | null = null;

  constructor(
    private readonly protocol: AnswerProtocol,
    protected readonly setup: DialogueSetup,
  ) {}

  abstract body(): JsonObject;
  protected abstract next(soFar: TurnsSoFar<Turn>): Turn;
  /** Lets the next turn of the model know what it said, and what came of its searches. */
  protected abstract tell(said: readonly JsonObject[], results: readonly FoundText[]): void;
  /** A search that is over, as the client sees it. */
  protected abstract ended(result: FoundText): JsonObject;

  turn(): SearchTurn {
    const turn = this.next({
      searches: this.setup.searches,
      hits: this.#hits,
      shown: this.#shown,
      pending: this.#pending,
      before: this.#last,
    });
    this.#last = turn;
    return searchTurn(protocolWire(this.protocol, this.setup.extras, turn), turn);
  }

  found(results: readonly FoundText[]): void {
    this.tell(this.#last?.said ?? [], results);
    this.#hits.push(...results.flatMap(({ hits }) => hits));
    this.#pending = results.map((result) => this.ended(result));
    this.#shown.push(...(this.#last?.shown ?? []), ...this.#pending);
  }
}
