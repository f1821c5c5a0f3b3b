import { isJsonObject, type JsonObject } from '@app/call';
import { type SseStream } from '@app/upstream';
import { type Answer, type AnswerStream } from './wire.js';

interface Reader {
  /** What the client gets of a whole answer: the same leaves as it came; null where it is not for the client. */
  whole(answer: JsonObject): JsonObject | null;
  /** At the end of a stream: whether more follows, so that it stays open. */
  isToContinue(): boolean;
}

/** Reads an answer while it passes, and decides what of it is the client's. */
export interface AnswerReader extends Reader {
  /** The same for one chunk of a stream. */
  chunk(chunk: JsonObject): JsonObject | null;
}

/** The same where a stream consists of named events. */
export interface EventAnswerReader extends Reader {
  /** What the client gets for one event; the event itself, alone, leaves as it came. */
  event(event: JsonObject): readonly JsonObject[];
}

/** A whole answer as its reader wants it shown. */
export function shownTo(whole: Extract<Answer, { kind: 'whole' }>, reader: Reader | null): Answer {
  if (!reader) return whole;
  const answer = JSON.parse(Buffer.concat(whole.body.pieces).toString()) as unknown;
  const shown = isJsonObject(answer) ? reader.whole(answer) : null;
  if (shown === null) return { kind: 'kept' };
  if (shown === answer) return whole;
  const bytes = Buffer.from(JSON.stringify(shown));
  return { ...whole, body: { pieces: [bytes], length: bytes.length } };
}

/** A stream that stays open where its reader says that more follows. */
export function readStream(stream: SseStream, reader: Reader | null): AnswerStream {
  if (!reader) return stream;
  return {
    relayTo: (client) => stream.relayTo(client),
    finish: () => {
      if (!reader.isToContinue()) stream.finish();
    },
  };
}
