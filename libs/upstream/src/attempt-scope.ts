import { ClientClosedRequestError, UpstreamError } from '@app/call';

/**
 * The life of one attempt: ends when the call ends, when its stage (first byte, idle) or its whole time is
 * over. The reason it ends with is what the client learns.
 */
export class AttemptScope {
  readonly #endsAtMs: number;
  #stage: NodeJS.Timeout | undefined;
  #stageMs = 0;
  #isHeld = false;
  #onStageEnd: () => void = () => undefined;
  #reason: Error | null = null;
  #listener: ((reason: Error) => void) | null = null;

  /** @param parent of the whole call; null for requests of our own */
  constructor(
    private readonly parent: AbortSignal | null,
    private readonly totalMs: number,
  ) {
    this.#endsAtMs = performance.now() + totalMs;
    if (parent?.aborted === true) this.#reason = parent.reason as Error;
    else parent?.addEventListener('abort', this.#onParentAbort, { once: true });
  }

  /** Tells `listener` the reason when the attempt has to end, at once if that is already so. */
  onAbort(listener: (reason: Error) => void): void {
    this.#listener = listener;
    if (this.#reason) listener(this.#reason);
  }

  /** Begins a stage that has to end, or to be touched, within `limitMs`. */
  stage(limitMs: number, message: string, retryable: boolean): void {
    this.#stageMs = limitMs;
    this.#onStageEnd = () => {
      const isOver = performance.now() >= this.#endsAtMs;
      if (this.#isHeld) this.#abort(new ClientClosedRequestError());
      else if (isOver)
        this.#expire(`The upstream took longer than ${Math.ceil(this.totalMs)} ms.`, retryable);
      else this.#expire(message, retryable);
    };
    this.#arm();
  }

  /** The stage made progress: its time starts again. */
  touch(): void {
    if (this.#endsAtMs - performance.now() < this.#stageMs) this.#arm();
    else this.#stage?.refresh();
  }

  /** The client is waited for: until {@link goOn} only the whole time counts, and the upstream is not to blame. */
  hold(): void {
    this.#isHeld = true;
    this.#arm();
  }

  goOn(): void {
    this.#isHeld = false;
    this.#arm();
  }

  close(): void {
    clearTimeout(this.#stage);
    this.#listener = null;
    this.parent?.removeEventListener('abort', this.#onParentAbort);
  }

  /** A stage never lasts beyond the whole. */
  #arm(): void {
    clearTimeout(this.#stage);
    const leftMs = Math.max(0, this.#endsAtMs - performance.now());
    this.#stage = setTimeout(this.#onStageEnd, this.#isHeld ? leftMs : Math.min(this.#stageMs, leftMs));
  }

  #expire(message: string, retryable: boolean): void {
    this.#abort(new UpstreamError(504, message, retryable, { type: 'upstream_timeout' }));
  }

  readonly #onParentAbort = (): void => this.#abort(this.parent?.reason as Error);

  #abort(reason: Error): void {
    this.#reason ??= reason;
    this.#listener?.(this.#reason);
  }
}
