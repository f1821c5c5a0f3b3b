import { UpstreamError } from '@app/call';

/**
 * The life of one attempt: ends when the call ends, when its stage (first byte, idle) or its whole time is
 * over. What the signal aborts with is what the client learns.
 */
export class AttemptScope {
  readonly #controller = new AbortController();
  readonly #onParentAbort = (): void => this.#controller.abort(this.parent.reason);
  readonly #total: NodeJS.Timeout;
  #stage: NodeJS.Timeout | undefined;

  constructor(
    private readonly parent: AbortSignal,
    totalMs: number,
  ) {
    if (parent.aborted) this.#onParentAbort();
    else parent.addEventListener('abort', this.#onParentAbort, { once: true });
    this.#total = setTimeout(() => this.#expire('The upstream took too long to finish.', false), totalMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins a stage that has to end, or to be touched, within `limitMs`. */
  stage(limitMs: number, message: string, retryable: boolean): void {
    clearTimeout(this.#stage);
    this.#stage = setTimeout(() => this.#expire(message, retryable), limitMs);
  }

  /** The stage made progress: its time starts again. */
  touch(): void {
    this.#stage?.refresh();
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  close(): void {
    clearTimeout(this.#stage);
    clearTimeout(this.#total);
    this.parent.removeEventListener('abort', this.#onParentAbort);
  }

  #expire(message: string, retryable: boolean): void {
    this.abort(new UpstreamError(504, message, retryable, { type: 'upstream_timeout' }));
  }
}
