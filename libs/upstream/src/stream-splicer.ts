import { type UpstreamError } from '@app/call';

/** Who a streamed answer is for, as far as it is needed to send it at its pace. */
export interface AnswerClient {
  readonly destroyed: boolean;
  /** False: no more until `drain`. */
  write(bytes: Buffer): boolean;
  end(bytes?: Buffer): unknown;
  on(event: 'drain', listener: () => void): unknown;
  removeListener(event: 'drain', listener: () => void): unknown;
}

/** Turns an upstream's stream into the client's, piece by piece. */
export interface StreamSplicer {
  /** The upstream said that the answer is complete. */
  readonly done: boolean;
  /** Why the stream cannot go on; what was returned before still belongs to the client. */
  readonly failure: UpstreamError | null;
  /** What tells the client that it has everything; sent once the call is on the books. */
  readonly lastFrame: Buffer;
  /** The bytes that may leave for the client, possibly none. */
  push(chunk: Buffer): Buffer[];
  /** What is left when the stream ends. */
  finish(): Buffer[];
}
