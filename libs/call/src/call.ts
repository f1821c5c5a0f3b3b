import { type Caller } from './caller.js';
import { type JsonBody } from './json-body.js';
import { type RoutingWishes } from './routing-wishes.js';
import { type TraceHints } from './trace-hints.js';

/** LiteLLM's `call_type` names; they stand in the spend rows. */
export type CallType =
  | 'acompletion'
  | 'atext_completion'
  | 'aembedding'
  | 'aspeech'
  | 'atranscription'
  | 'anthropic_messages'
  | 'acount_tokens'
  | 'aresponses'
  | 'acompact_responses'
  | 'aget_responses'
  | 'adelete_responses'
  | 'acancel_responses'
  | 'alist_input_items'
  | 'arerank'
  | 'amoderation'
  | 'aimage_generation'
  | 'aimage_edit'
  | 'asearch'
  | 'pass_through_endpoint';

/** Calls whose answer is text of a length that is charged. */
export const TEXT_CALLS: ReadonlySet<CallType> = new Set<CallType>([
  'acompletion',
  'atext_completion',
  'anthropic_messages',
  'aresponses',
  'acompact_responses',
]);

/** One request for inference, read and judged; immutable. */
export interface Call {
  /** Our own UUIDv7: the identity of the row, never chosen by client or upstream. */
  readonly id: string;
  /** Of a turn or a search that answers a request together with an earlier call: the id of that call. */
  readonly partOf?: string;
  /** `x-litellm-call-id`: the client may set it. */
  readonly callId: string;
  readonly type: CallType;
  /** Route template as called, for metrics and rows: `/v1/chat/completions`. */
  readonly route: string;
  /** Below the deployment's base path: `/chat/completions`. */
  readonly upstreamPath: string;
  readonly caller: Caller;
  /** The model as the client asked for it. */
  readonly model: string;
  /** The body as sent. */
  readonly body: JsonBody;
  /** Bytes of the body as received: an upper bound for prompt tokens. */
  readonly bodyBytes: number;
  /** Fields of the body that are for the gateway and are left out upstream. */
  readonly ownFields: ReadonlySet<string>;
  readonly stream: boolean;
  /** The client asked for the usage chunk of a stream. */
  readonly wantsUsage: boolean;
  /** Ends the call when it is over, whatever the deployment allows; null where the client names none. */
  readonly timeoutMs: number | null;
  /** The header of that name; absent where there is none. */
  readonly cacheControl?: string | undefined;
  /** What the request says about its routing; none where its door reads none. */
  readonly wishes?: RoutingWishes;
  /** The only deployment that can answer, because it has what the call is about; absent: any may. */
  readonly deploymentId?: string;
  readonly endUser: string | null;
  readonly tags: readonly string[];
  readonly clientAddress: string;
  /** What the request's headers say about its trace; absent where they say nothing. */
  readonly traceHints?: TraceHints | null;
  /** Wall clock, for rows. */
  readonly startedAt: Date;
  /** performance.now() of the same instant, for durations. */
  readonly startedAtMs: number;
  /** Aborts when the client leaves, a deadline passes, or the process drains. */
  readonly signal: AbortSignal;
}
