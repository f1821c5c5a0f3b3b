import { type Call } from './call.js';
import { type Deployment } from './deployment.js';
import { type JsonValue } from './json.js';
import { type LimitNote } from './limit-note.js';
import { type PlanNote } from './plan-note.js';
import { type Usage } from './usage.js';

/** One try at one deployment. */
export interface Attempt {
  readonly deploymentId: string;
  /** Upstream status; 0 where no answer came. */
  readonly status: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** Null when the attempt succeeded. */
  readonly error: string | null;
  /** The error's class, `upstream_timeout`; absent when the attempt succeeded. */
  readonly errorType?: string;
}

/** What a model answered in words; kept only for calls whose sinks ask for it. */
export interface AnswerContent {
  /** Characters held, for those who bound their memory. */
  readonly length: number;
  /** The `choices` of an answer in one piece, put together where it came as a stream. */
  choices(): JsonValue;
}

/** Where the answer of a call is kept to be given again. */
export interface CacheNote {
  /** SHA-256, in hex, of what the answer follows from. */
  readonly key: string;
  /** It was there already: no upstream was asked. */
  readonly isHit: boolean;
}

/** How a call ended. Made once, frozen; the ledger, the limits and every sink see the same record. */
export interface Outcome {
  readonly call: Call;
  /** The status that the client saw, or 499 when it had left. */
  readonly status: number;
  readonly errorType: string | null;
  readonly errorMessage: string | null;
  /** The deployment that answered, or was tried last; null when none was reached. */
  readonly deployment: Deployment | null;
  readonly attempts: readonly Attempt[];
  /** Null or absent where nobody had to be chosen. */
  readonly plan?: PlanNote | null;
  /** Null or absent where nothing binds the call. */
  readonly limits?: LimitNote | null;
  /**
   * Names of the model that answered, or was tried last: what limits of single models charge. Null or absent where they
   * are all the one that was asked for.
   */
  readonly boundAs?: readonly string[] | null;
  /** How long the last try waited for its model to be loaded; 0 or absent where it was there. */
  readonly loadMs?: number;
  readonly responseId: string | null;
  /** Null or absent where answers are not kept. */
  readonly cache?: CacheNote | null;
  /** Null unless a sink wanted it, and where there were no words. */
  readonly answer: AnswerContent | null;
  readonly usage: Usage;
  readonly costPicoUsd: bigint;
  readonly durationMs: number;
  /** Until the first content left for the client; null when none did. */
  readonly timeToFirstTokenMs: number | null;
  /** Time spent here, not at the upstream. */
  readonly overheadMs: number;
}

/** Telemetry. May neither throw nor wait; drops when it is full and counts what it dropped. */
export interface OutcomeSink {
  /** Asked once, before the call: whether {@link Outcome.answer} shall be kept. Without it: no. */
  wantsAnswer?(call: Call): boolean;
  accept(outcome: Outcome): void;
}

export const OUTCOME_SINKS = Symbol('outcome sinks');
