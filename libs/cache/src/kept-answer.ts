import { type Usage } from '@app/call';

/** An answer that may be given again: the bytes that its client got, and what is told about it. */
export interface KeptAnswer {
  readonly body: Buffer;
  readonly contentType: string;
  readonly facts: AnswerFacts;
  /** Wall clock, in milliseconds. */
  readonly storedAtMs: number;
  readonly expiresAtMs: number;
}

export interface AnswerFacts {
  readonly responseId: string | null;
  /** What the answer used when it was made. */
  readonly usage: Usage;
  /** Of the deployment that made it. */
  readonly deploymentId: string;
}

/** Where answers wait. What cannot be read or written is simply not there: no call fails because of it. */
export interface AnswerStore {
  get(key: string): KeptAnswer | null | Promise<KeptAnswer | null>;
  set(key: string, answer: KeptAnswer): void;
  /** Takes these out, by their keys; all where none are named. @throws where that cannot be done now */
  drop(keys: readonly string[] | null): Promise<void>;
  /** Ends what goes on in the background. */
  close(): void;
}
