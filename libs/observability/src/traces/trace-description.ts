import { type JsonObject, type JsonValue } from '@app/call';

/** One request as a trace, in words that every protocol can be written from. Times are wall clock. */
export interface TraceDescription {
  /** As the client named it, of any form; null: the call's own. */
  readonly traceId: string | null;
  /** The trace exists already: only these of its fields may change. Null: it is ours. */
  readonly updates: ReadonlySet<string> | null;
  readonly name: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly version: string | null;
  readonly release: string | null;
  readonly isPublic: boolean;
  readonly tags: readonly string[];
  readonly metadata: JsonObject;
  readonly input: JsonValue;
  readonly output: JsonValue;
  readonly startMs: number;
  readonly endMs: number;
  /** Null where it succeeded. */
  readonly error: string | null;
  readonly generation: GenerationDescription;
  /** Tries that failed before the one that the generation tells of. */
  readonly attempts: readonly AttemptDescription[];
}

export interface GenerationDescription {
  readonly id: string | null;
  readonly parentId: string | null;
  readonly name: string;
  readonly startMs: number;
  readonly firstTokenMs: number | null;
  readonly model: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly usage: {
    readonly input: number;
    readonly cached: number;
    readonly output: number;
    readonly total: number;
  };
  readonly costUsd: number;
  readonly version: string | null;
  readonly prompt: { readonly name: string; readonly version: number } | null;
  readonly metadata: JsonObject;
}

export interface AttemptDescription {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly error: string;
  readonly metadata: JsonObject;
}
