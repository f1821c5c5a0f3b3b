import { type Deployment, type GatewayError, type Outcome } from '@app/call';
import { type DeploymentClaim } from './deployment-limits.js';
import { type DeploymentState } from './deployment-state.js';
import { type FailureJudgement } from './judge-failure.js';
import { type GroupMember } from './model-table.js';
import { retryAfterMsOf } from './retry-after.js';

/** What an attempt needs to know of the group around its deployment. */
export interface AttemptRules {
  readonly allowedFails: number;
  /** 0: nobody is ever rested. */
  readonly cooldownMs: number;
  /** Whether one more of the group may rest. */
  readonly mayRest: () => boolean;
  readonly now: () => number;
  /** What it takes of the deployment's limits; null where there are none. */
  readonly claim: DeploymentClaim | null;
}

/** One try at one deployment, from its beginning to the end of its answer. Told of its end exactly once. */
export class DeploymentAttempt {
  #isOver = false;
  readonly #isProbe: boolean;
  readonly #startedAtMs: number;

  constructor(
    private readonly member: GroupMember,
    private readonly state: DeploymentState,
    private readonly rules: AttemptRules,
  ) {
    this.#startedAtMs = rules.now();
    this.#isProbe = state.breaker.began(this.#startedAtMs);
    state.began(this.#startedAtMs);
  }

  get deployment(): Deployment {
    return this.member.deployment;
  }

  get numRetries(): number | null {
    return this.member.numRetries;
  }

  get tookMs(): number {
    return this.rules.now() - this.#startedAtMs;
  }

  /** Content came. */
  answered(): void {
    this.state.breaker.answered();
  }

  /** It failed, or its client left (blame `none`). */
  failed(error: GatewayError, { blame }: Pick<FailureJudgement, 'blame'>): void {
    if (!this.#end(0)) return;
    if (blame === 'none') {
      if (this.#isProbe) this.state.breaker.abandoned();
      return;
    }
    const nowMs = this.rules.now();
    this.state.lastFailure = { status: error.status, at: new Date() };
    const shouldRest = this.state.breaker.failed(nowMs, this.rules.allowedFails) || blame === 'at once';
    const cooldownMs = this.member.cooldownMs ?? this.rules.cooldownMs;
    if (shouldRest && cooldownMs > 0 && this.rules.mayRest()) {
      this.state.breaker.rest(nowMs, cooldownMs, retryAfterMsOf(error, new Date()));
    } else if (this.#isProbe) this.state.breaker.abandoned();
  }

  /** The answer is over. A stream that broke counts as a failure, a client that left as nothing. */
  ended(outcome: Outcome): void {
    const tokens = outcome.usage.promptTokens + outcome.usage.completionTokens;
    if (!this.#end(tokens)) return;
    if (outcome.status === 499) {
      if (this.#isProbe) this.state.breaker.abandoned();
    } else if (outcome.status >= 500) {
      this.#broke(outcome);
    } else {
      const nowMs = this.rules.now();
      this.state.breaker.succeeded(nowMs);
      this.state.used(tokens, nowMs);
      this.state.took(this.#latencyMs(outcome, nowMs));
    }
  }

  #broke({ status }: Outcome): void {
    this.state.lastFailure = { status, at: new Date() };
    const nowMs = this.rules.now();
    const cooldownMs = this.member.cooldownMs ?? this.rules.cooldownMs;
    const shouldRest = this.state.breaker.failed(nowMs, this.rules.allowedFails);
    if (shouldRest && cooldownMs > 0 && this.rules.mayRest())
      this.state.breaker.rest(nowMs, cooldownMs, null);
  }

  /** Of a stream the time to its first content, of a whole answer the time for one token. */
  #latencyMs({ call, usage, timeToFirstTokenMs }: Outcome, nowMs: number): number {
    if (call.stream && timeToFirstTokenMs !== null) {
      return Math.max(0, call.startedAtMs + timeToFirstTokenMs - this.#startedAtMs);
    }
    return (nowMs - this.#startedAtMs) / Math.max(1, usage.completionTokens);
  }

  #end(usedTokens: number): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.rules.claim?.settle(usedTokens);
    this.state.inFlight -= 1;
    return true;
  }
}
