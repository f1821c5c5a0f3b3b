import {
  type Attempt,
  type CacheNote,
  type Call,
  ClientClosedRequestError,
  type Deployment,
  GatewayError,
  type Outcome,
  type PlanNote,
} from '@app/call';
import { type KeptAnswer } from '@app/cache';
import { type Limited, type Permit, type Standing } from '@app/limits';
import { type LoadWatch, type Route } from '@app/routing';
import { costOf } from '@app/spend';
import { AnswerText, UsageMeter } from '@app/upstream';

const NO_PERMITS: readonly Permit[] = Object.freeze([]);

/** What grows while a call runs; {@link close} freezes it. */
export class CallRecord implements Limited {
  standing: Standing | null = null;
  readonly meter: UsageMeter;
  /** What was reserved for models that stand in, to be settled with the call. */
  permits: readonly Permit[] = NO_PERMITS;
  readonly #attempts: Attempt[] = [];
  #plan: PlanNote | null = null;
  #load: LoadWatch | null = null;
  #deployment: Deployment | null = null;
  #upstreamMs = 0;
  #error: GatewayError | null = null;
  #outcome: Outcome | null = null;
  #retries = 0;
  #fallbacks = 0;
  #group: string | null = null;
  #boundAs: readonly string[] | null = null;
  #cache: CacheNote | null = null;
  readonly #listeners: ((outcome: Outcome) => void)[] = [];

  /** @param keepsAnswer a sink wants to see what was answered */
  constructor(
    readonly call: Call,
    keepsAnswer = false,
  ) {
    this.meter = new UsageMeter(promptBytes(call));
    if (keepsAnswer) this.meter.answer = new AnswerText();
  }

  /** Further tries at a group, after the first at it failed. */
  get retries(): number {
    return this.#retries;
  }

  /** Groups that were tried after the one that was asked for. */
  get fallbacks(): number {
    return this.#fallbacks;
  }

  /** The model group that answers, by the name that leads there. */
  get group(): string {
    return this.#group ?? this.call.model;
  }

  planned(plan: PlanNote): void {
    this.#plan = plan;
  }

  /** The model of the try that begins may have to be loaded; what an earlier one waited stands in that one's time. */
  waitsFor(load: LoadWatch | null): void {
    this.#load?.end();
    this.#load = load;
  }

  retried(): void {
    this.#retries += 1;
  }

  fellBack(): void {
    this.#fallbacks += 1;
  }

  serves({ name, names }: Pick<Route, 'name' | 'names'>): void {
    this.#group = name;
    this.bindsAs(names);
  }

  holds(permit: Permit): void {
    this.permits = [...this.permits, permit];
  }

  /** Limits of these models count the call from now on, in place of those of the model that was asked for. */
  bindsAs(names: readonly string[]): void {
    this.#boundAs = names.every((name) => name === this.call.model) ? null : names;
  }

  /** Calls `listener` once, with how the call ended. */
  whenClosed(listener: (outcome: Outcome) => void): void {
    this.#listeners.push(listener);
  }

  get deployment(): Deployment | null {
    return this.#deployment;
  }

  /** Where the answer is kept, or will be once it is whole. */
  keptUnder(key: string): void {
    this.#cache = { key, isHit: false };
  }

  /** An answer that was there already: nobody is asked, and nothing is charged. */
  reuses(key: string, { facts }: KeptAnswer, plan: readonly Deployment[]): void {
    this.#cache = { key, isHit: true };
    this.#deployment = plan.find(({ id }) => id === facts.deploymentId) ?? null;
    this.meter.counted(facts.usage);
    // Its row is another than that of the call which made the answer.
    this.meter.responseId =
      facts.responseId && `${facts.responseId}_cache_hit${this.call.startedAt.getTime()}`;
  }

  /** Time that was spent waiting for somebody else. */
  waited(ms: number): void {
    this.#upstreamMs += ms;
  }

  get cache(): CacheNote | null {
    return this.#cache;
  }

  /** One try ended. `error` is null when it answered; the time until then is the upstream's. */
  attempted(deployment: Deployment, startedAtMs: number, error: GatewayError | null): void {
    const durationMs = performance.now() - startedAtMs;
    this.#deployment = deployment;
    this.#upstreamMs += durationMs;
    this.#attempts.push({
      deploymentId: deployment.id,
      status: error ? error.status : 200,
      startedAtMs,
      durationMs,
      error: error ? error.message : null,
      ...(error && { errorType: error.type }),
    });
  }

  failed(error: unknown): void {
    this.#error = this.#judge(error);
  }

  /** Until now, in this process and not at the upstream. */
  overheadMs(): number {
    return Math.max(0, performance.now() - this.call.startedAtMs - this.#upstreamMs);
  }

  get costPicoUsd(): bigint {
    if (this.#cache?.isHit === true) return 0n;
    return this.#deployment && this.meter.hasAnswer ? costOf(this.meter.usage(), this.#deployment.price) : 0n;
  }

  /** The one end of the call; asked again it gives the same outcome. */
  close(): Outcome {
    if (this.#outcome) return this.#outcome;
    this.#outcome = this.#freeze();
    for (const listener of this.#listeners) listener(this.#outcome);
    return this.#outcome;
  }

  #freeze(): Outcome {
    const { call, meter } = this;
    const usage = meter.usage();
    return Object.freeze({
      call,
      status: this.#error?.status ?? 200,
      errorType: this.#error?.type ?? null,
      errorMessage: this.#error?.message ?? null,
      deployment: this.#deployment,
      attempts: Object.freeze([...this.#attempts]),
      plan: this.#plan,
      limits: this.standing?.note ?? null,
      boundAs: this.#boundAs,
      loadMs: this.#load?.end() ?? 0,
      responseId: meter.responseId,
      cache: this.#cache,
      answer: meter.answer,
      usage: meter.hasAnswer ? usage : { ...usage, promptTokens: 0 },
      costPicoUsd: this.costPicoUsd,
      durationMs: performance.now() - call.startedAtMs,
      timeToFirstTokenMs: meter.firstContentAtMs === null ? null : meter.firstContentAtMs - call.startedAtMs,
      overheadMs: this.overheadMs(),
    });
  }

  /** A client that left is the reason, whatever broke first because of it. */
  #judge(error: unknown): GatewayError {
    if (this.call.signal.aborted && this.call.signal.reason instanceof ClientClosedRequestError) {
      return this.call.signal.reason;
    }
    if (error instanceof GatewayError) return error;
    return new GatewayError(500, 'internal_server_error', 'Internal error.', { cause: error });
  }
}

/** The part of the body that becomes the prompt. */
function promptBytes({ body, bodyBytes }: Call): number {
  const prompt = body.members.find(
    ({ name }) => name === 'messages' || name === 'prompt' || name === 'input',
  );
  return prompt ? prompt.valueEnd - prompt.valueStart : bodyBytes;
}
