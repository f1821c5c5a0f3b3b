import { type JsonObject, type JsonValue } from '@app/call';

/** What the gateway needs to know of an answer or of one event of it, in the words of OpenAI's chat. */
export interface AnswerFacts {
  /** Of the answer. */
  readonly id?: JsonValue | undefined;
  /** Like the `usage` of a chat completion. */
  readonly usage?: JsonValue | undefined;
  /** Like the `choices` of a chat completion or of one chunk. */
  readonly choices?: JsonValue | undefined;
  /** The upstream failed; the object or text that says how. */
  readonly error?: JsonValue | undefined;
  /** Nothing was made, and nothing is charged. */
  readonly isFree?: boolean;
}

export interface EventFacts extends AnswerFacts {
  /** Like `usage`, of the prompt alone, told before there is an answer. */
  readonly prompt?: JsonValue | undefined;
  /** Nothing that matters comes after it. */
  readonly isEnd?: boolean;
}

/** Follows the events of one stream. */
export interface EventReader {
  /** The member of an event in which the `model` stands; null where it stands in the event itself. */
  readonly modelHolder: string | null;
  read(event: JsonObject): EventFacts;
}

/** How the answers of one protocol are read; nothing of them is written anew. */
export interface AnswerProtocol {
  whole(answer: JsonObject): AnswerFacts;
  events(): EventReader;
}
