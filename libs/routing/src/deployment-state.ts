import { type Deployment, RecentMap } from '@app/call';
import { Breaker } from './breaker.js';

const MINUTE_MS = 60_000;
const KEPT_LATENCIES = 10;
/** States of more deployments, or of more models behind one pattern, are forgotten. */
const REMEMBERED = 10_000;

/** How one deployment does, in this process. */
export class DeploymentState {
  readonly breaker = new Breaker();
  inFlight = 0;
  lastFailure: { readonly status: number; readonly at: Date } | null = null;
  #minute = 0;
  #requests = 0;
  #tokens = 0;
  readonly #latencies: number[] = [];

  /** Requests begun in the current minute. */
  requestsIn(nowMs: number): number {
    this.#turn(nowMs);
    return this.#requests;
  }

  /** Tokens of calls that ended in the current minute. */
  tokensIn(nowMs: number): number {
    this.#turn(nowMs);
    return this.#tokens;
  }

  began(nowMs: number): void {
    this.#turn(nowMs);
    this.#requests += 1;
    this.inFlight += 1;
  }

  used(tokens: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#tokens += tokens;
  }

  /** Mean of the last ten; null where nothing is known yet. */
  get latencyMs(): number | null {
    const { length } = this.#latencies;
    return length === 0 ? null : this.#latencies.reduce((sum, ms) => sum + ms, 0) / length;
  }

  took(ms: number): void {
    this.#latencies.push(ms);
    if (this.#latencies.length > KEPT_LATENCIES) this.#latencies.shift();
  }

  #turn(nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#requests = 0;
    this.#tokens = 0;
  }
}

/**
 * The states of all deployments. They outlive changes of the configuration; behind a pattern each model has its own,
 * so that one which cannot be loaded does not speak for its neighbours.
 */
export class DeploymentStates {
  readonly #states = new RecentMap<DeploymentState>(REMEMBERED);
  readonly #known = new WeakMap<Deployment, DeploymentState>();

  of(deployment: Deployment): DeploymentState {
    const known = this.#known.get(deployment);
    if (known) return known;
    const name = `${deployment.id}\n${deployment.upstreamModel}`;
    let state = this.#states.get(name);
    if (!state) this.#states.set(name, (state = new DeploymentState()));
    this.#known.set(deployment, state);
    return state;
  }
}
