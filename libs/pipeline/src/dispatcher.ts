import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, GatewayError, spanIdOf, traceIdOf } from '@app/call';
import { ConfigStore } from '@app/config';
import { LimitsService } from '@app/limits';
import {
  type CallPlan,
  type DeploymentAttempt,
  type FailureJudgement,
  judgeFailure,
  LoadStates,
  retryAfterMsOf,
  type Route,
  RoutingService,
} from '@app/routing';
import { boundOf } from '@app/spend';
import { AttemptScope, UpstreamClient, type UpstreamRequest } from '@app/upstream';
import { deadlinesOf } from './attempt-deadlines.js';
import { type CallRecord } from './call-record.js';
import { withFallbackNotes } from './fallback-notes.js';
import { RetryBudgets } from './retry-budget.js';
import { retryDelayMs } from './retry-delay.js';
import { type Answer, type Wire } from './wire.js';

/** One call while it is sent: the same for every attempt. */
interface Sending {
  readonly record: CallRecord;
  readonly wire: Wire;
  /** performance.now() when the client's patience ends. */
  readonly endsAtMs: number;
}

interface Failure {
  readonly kind: 'failed';
  readonly error: GatewayError;
  readonly judgement: FailureJudgement;
}

const NOBODY_LEFT: FailureJudgement = { retry: 'never', blame: 'none', fallback: 'general' };
const TOO_MANY = 429;
/** With less time than this nobody is asked; timers too may be a little early. */
const LEAST_MS = 5;
/** So often others may have been quicker. */
const MAX_ROUNDS = 20;
const NOBODY: ReadonlySet<DeploymentAttempt['deployment']> = new Set();

/** Tries deployments of the model, then those of its fallbacks, until one answers. Nothing has left for the client yet. */
@Injectable()
export class Dispatcher {
  readonly #budgets = new RetryBudgets();

  @Inject(ConfigStore)
  private readonly config!: ConfigStore;

  @Inject(LimitsService)
  private readonly limits!: LimitsService;

  @Inject(LoadStates)
  private readonly loads!: LoadStates;

  constructor(
    private readonly upstream: UpstreamClient,
    private readonly routing: RoutingService,
  ) {}

  /**
   * @throws UpstreamError of the model that was asked for; RateLimitError when none of its deployments may be asked
   * now; ClientClosedRequestError when the client left meanwhile
   */
  async send(plan: CallPlan, record: CallRecord, wire: Wire): Promise<Answer> {
    const { timeoutMs } = record.call;
    const endsAtMs = timeoutMs === null ? Infinity : performance.now() + timeoutMs;
    const sending = { record, wire, endsAtMs };
    const first = await this.#tryRoute(plan.route, sending, plan.fallbacks.general.length > 0);
    if (first.kind !== 'failed') return first;
    const { fallback } = first.judgement;
    const routes = fallback === null ? [] : plan.fallbacks[fallback];
    const held = [...plan.route.names];
    let last: Failure | null = null;
    for (const route of routes) {
      if (!this.#mayGoOn(sending)) break;
      last = await this.#refusalOf(route, record, held);
      if (last) continue;
      held.push(...route.names);
      record.fellBack();
      const next = await this.#tryRoute(route, sending);
      if (next.kind !== 'failed') return next;
      last = next;
    }
    throw withFallbackNotes(first.error, plan.route.name, routes, last?.error ?? null);
  }

  /** Why limits that a model has of its own keep it from standing in; null where it may. */
  async #refusalOf(route: Route, record: CallRecord, held: readonly string[]): Promise<Failure | null> {
    const { call } = record;
    const model = { names: route.names, bound: () => boundOf(call, route.group.deployments) };
    try {
      record.holds(await this.limits.admitFallback(call, model, held));
      return null;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { kind: 'failed', error, judgement: NOBODY_LEFT };
    }
  }

  /**
   * Tries the deployments of one group, each other one first, the same again where that may help.
   * @param hasFallbacks a deployment that has enough to do is not asked again while others could be
   */
  async #tryRoute(route: Route, sending: Sending, hasFallbacks = false): Promise<Answer | Failure> {
    const { call } = sending.record;
    const { picker } = this.routing;
    const budget = this.#budgets.of(route.group.name);
    budget.called();
    const tried = new Set<DeploymentAttempt['deployment']>();
    const first = await this.#firstOf(route, sending);
    if ('kind' in first) return first;
    let member = first;
    let last: Failure | null = null;
    for (let retry = 0; ; retry += 1) {
      const attempt = picker.begin(member, route.group, call) ?? (await this.#beginOther(route, call, tried));
      if (attempt === null) return last ?? this.#nobodyFor(route);
      const result = await this.#attempt(attempt, route, sending);
      if (result.kind !== 'failed') return result;
      last = result;
      tried.add(attempt.deployment);
      const limit = call.wishes?.numRetries ?? attempt.numRetries ?? this.routing.numRetries;
      if (retry >= limit || result.judgement.retry === 'never' || !this.#mayGoOn(sending)) return result;
      const other = picker.pick(route, call, tried) ?? (await picker.find(route, call, tried));
      const mayRepeat =
        result.judgement.retry === 'anywhere' && !(hasFallbacks && result.error.status === TOO_MANY);
      const next = other ?? (mayRepeat ? picker.pick(route, call, NOBODY) : null);
      if (next === null || !budget.take()) return result;
      const waitMs = other ? 0 : retryDelayMs(retry, retryAfterMsOf(result.error, new Date()), Math.random);
      if (waitMs === null || performance.now() + waitMs >= sending.endsAtMs) return result;
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: call.signal }).catch(() => undefined);
      if (!this.#mayGoOn(sending)) return result;
      sending.record.retried();
      member = next;
    }
  }

  async #firstOf(
    route: Route,
    { record: { call } }: Sending,
  ): Promise<NonNullable<ReturnType<RoutingService['picker']['pick']>> | Failure> {
    const { picker } = this.routing;
    try {
      picker.checkLength(route, call);
      const member = picker.pick(route, call) ?? (await picker.find(route, call));
      return member ?? this.#nobodyFor(route);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { kind: 'failed', error, judgement: judgeFailure(error, 0) };
    }
  }

  /** Others were quicker with the room that was found. */
  async #beginOther(
    route: Route,
    call: Call,
    tried: ReadonlySet<DeploymentAttempt['deployment']>,
  ): Promise<DeploymentAttempt | null> {
    const { picker } = this.routing;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const member = picker.pick(route, call, tried) ?? (await picker.find(route, call, tried));
      const attempt = member && picker.begin(member, route.group, call);
      if (member === null || attempt) return attempt;
    }
    return null;
  }

  #nobodyFor(route: Route): Failure {
    return { kind: 'failed', error: this.routing.picker.noneFor(route), judgement: NOBODY_LEFT };
  }

  /** One try at one deployment. */
  async #attempt(attempt: DeploymentAttempt, route: Route, sending: Sending): Promise<Answer | Failure> {
    const { record } = sending;
    const startedAtMs = performance.now();
    record.serves(route);
    const load = this.loads.watch(attempt.deployment);
    record.waitsFor(load);
    try {
      const answer = await this.#ask(attempt, sending).finally(() => load?.answered());
      record.attempted(attempt.deployment, startedAtMs, null);
      attempt.answered();
      record.whenClosed((outcome) => attempt.ended(outcome));
      return answer;
    } catch (error) {
      if (!(error instanceof GatewayError)) {
        attempt.failed(new GatewayError(500, 'internal_server_error', 'Internal error.'), { blame: 'none' });
        throw error;
      }
      record.attempted(attempt.deployment, startedAtMs, error);
      const judgement = judgeFailure(error, attempt.tookMs);
      // Whose time it was that ran out decides: a client in a hurry says nothing about the deployment.
      attempt.failed(error, this.#isClients(sending) ? { blame: 'none' } : judgement);
      return { kind: 'failed', error, judgement };
    }
  }

  async #ask({ deployment }: DeploymentAttempt, { record, wire, endsAtMs }: Sending): Promise<Answer> {
    const { call } = record;
    const { totalMs, firstAnswerMs } = deadlinesOf(
      call,
      deployment,
      Math.max(1, endsAtMs - performance.now()),
    );
    const scope = new AttemptScope(call.signal, totalMs);
    scope.stage(firstAnswerMs, 'The upstream did not answer in time.', true);
    let streaming = false;
    try {
      const request = wire.request(call, deployment);
      const sent: UpstreamRequest = { path: call.upstreamPath, ...request, scope };
      const reply = await this.upstream.post(
        deployment,
        this.#isTraced(call) ? { ...sent, traceparent: `00-${traceIdOf(call)}-${spanIdOf(call)}-01` } : sent,
      );
      const answer = await wire.open(reply, { record, deployment, scope });
      streaming = answer.kind === 'stream';
      return answer;
    } finally {
      if (!streaming) scope.close();
    }
  }

  /** By the client, or by a collector of ours: nobody else would ever look for the span. */
  #isTraced({ traceHints }: Call): boolean {
    return this.config.current.openTelemetry !== null || traceHints?.['traceparent'] !== undefined;
  }

  #mayGoOn(sending: Sending): boolean {
    return !sending.wire.isSpent && !this.#isClients(sending);
  }

  /** The client left, or its time is over. */
  #isClients({ record, endsAtMs }: Sending): boolean {
    return record.call.signal.aborted || performance.now() + LEAST_MS >= endsAtMs;
  }
}
