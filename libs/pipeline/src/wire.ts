import { type Call, type Deployment } from '@app/call';
import {
  type AnswerClient,
  type AttemptScope,
  type JsonAnswer,
  type UpstreamReply,
  type UpstreamRequest,
} from '@app/upstream';
import { type CallRecord } from './call-record.js';

/** A streamed answer that has begun. */
export interface AnswerStream {
  /** Sends all but the end of the answer, at the client's pace. */
  relayTo(client: AnswerClient): Promise<void>;
  /** The end, after the call is on the books. */
  finish(): void;
}

/** An upstream's answer, judged good: a whole body, a stream that has begun, or one that is not for the client. */
export type Answer =
  | { readonly kind: 'kept' }
  | {
      readonly kind: 'whole';
      readonly reply: UpstreamReply;
      readonly body: JsonAnswer;
      readonly contentType: string;
    }
  | {
      readonly kind: 'stream';
      readonly reply: UpstreamReply;
      readonly stream: AnswerStream;
      /** Name, value, name, value. */
      readonly headers: readonly string[];
      readonly scope: AttemptScope;
    };

/** One try at one deployment, while its answer is judged. */
export interface Attempted {
  readonly record: CallRecord;
  readonly deployment: Deployment;
  readonly scope: AttemptScope;
}

/** How one kind of call speaks with its upstream: what it sends, and how the answer is judged. */
export interface Wire {
  /** True once what the client sends is used up: then no other deployment can be tried. */
  readonly isSpent: boolean;
  request(
    call: Call,
    deployment: Deployment,
  ): Pick<
    UpstreamRequest,
    'body' | 'contentType' | 'contentLength' | 'accept' | 'headers' | 'isBesideVersion' | 'method' | 'query'
  > & { readonly path?: string };
  /** Headers of a streamed answer that may begin with comments while a model loads; none where it may not. */
  readonly earlyHeaders?: readonly string[];
  /**
   * What the door adds to the body, as text: with it and the body the answer can be found again. Absent: answers of this
   * wire are never kept.
   */
  readonly variant?: string;
  /** @throws UpstreamError for an answer that is none */
  open(reply: UpstreamReply, attempted: Attempted): Promise<Answer>;
}
