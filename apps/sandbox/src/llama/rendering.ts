import type { Frame } from '../core/player.js';
import type { ChatCall } from './chat-call.js';
import type { Answer } from './compose-answer.js';
import type { LlamaSettings } from './llama-settings.js';
import type { LlamaModel } from './models.js';
import type { Metering } from './usage.js';

/** Everything that a protocol needs to word an answer. */
export interface Said {
  call: ChatCall;
  model: LlamaModel;
  settings: LlamaSettings;
  answers: Answer[];
  metering: Metering;
}

/** An answer in the words of one protocol; only id and time are still open. */
export interface Rendering {
  whole(id: string, created: number): string;
  frames(id: string, created: number): Iterator<Frame, undefined>;
}

export const SYSTEM_FINGERPRINT = 'b6543-sandbox';

/** One piece of a stream that comes before what all pieces share. */
export interface Piece {
  text: string;
  tokens: number;
}

/** Server-sent events made of pieces that all end alike, and of frames that close the stream. */
export class PieceFrames implements Iterator<Frame, undefined> {
  private at = 0;

  constructor(
    private readonly pieces: readonly Piece[],
    private readonly ending: string,
    private readonly last: readonly string[],
  ) {}

  next(): IteratorResult<Frame, undefined> {
    const index = this.at++;
    const piece = this.pieces[index];
    if (piece !== undefined) {
      return { done: false, value: { data: piece.text + this.ending, tokens: piece.tokens } };
    }
    const data = this.last[index - this.pieces.length];
    return data === undefined
      ? { done: true, value: undefined }
      : { done: false, value: { data, tokens: 0 } };
  }
}
