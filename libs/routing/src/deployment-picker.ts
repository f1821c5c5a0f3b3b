import { type Call, type Deployment, RateLimitError, UpstreamError } from '@app/call';
import { type AppConfig, type ConfigStore } from '@app/config';
import { type Route } from './call-plan.js';
import { DeploymentAttempt } from './deployment-attempt.js';
import { type DeploymentState, DeploymentStates } from './deployment-state.js';
import { type GroupMember, type ModelGroup } from './model-table.js';
import { byTags } from './policies/by-tags.js';
import { policyFor } from './policies/policy-for.js';
import { type Candidate } from './policies/selection-policy.js';
import { bySession } from './policies/session-affinity.js';
import { sessionOf } from './session-of.js';

const NOBODY: ReadonlySet<Deployment> = new Set();
const BYTES_PER_TOKEN = 4;
const MAX_NAME_LENGTH = 200;

/** Chooses among the deployments of a group: who is well, within limits, and first by the configured strategy. */
export class DeploymentPicker {
  readonly #states = new DeploymentStates();

  constructor(
    private readonly config: Pick<ConfigStore, 'current'>,
    private readonly random: () => number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  stateOf(deployment: Deployment): DeploymentState {
    return this.#states.of(deployment);
  }

  /** Those that may be asked now, in the order in which to ask them. */
  order(group: ModelGroup, call: Call, tried: ReadonlySet<Deployment> = NOBODY): readonly GroupMember[] {
    const { router } = this.config.current;
    const nowMs = this.now();
    const left = group.members
      .filter(({ deployment }) => !tried.has(deployment))
      .map((member) => ({ member, state: this.#states.of(member.deployment) }))
      .filter(({ member, state }) => this.#isWithinLimits(member, state, nowMs));
    const well = left.filter(({ state }) => state.breaker.admits(nowMs));
    const fitting = router.enableTagFiltering ? byTags(well, call.tags, router.tagFilteringMatchAny) : well;
    const level = firstLevel(fitting);
    const session = level.length > 1 ? sessionOf(call, router.deploymentAffinity) : null;
    const ordered =
      session === null
        ? policyFor(router.routingStrategy)(level, { random: this.random, nowMs })
        : bySession(level, session);
    return ordered.map(({ member }) => member);
  }

  /** The one to ask next; null where none is left. */
  pick(route: Route, call: Call, tried: ReadonlySet<Deployment> = NOBODY): GroupMember | null {
    const { members } = route.group;
    const [only] = members;
    if (members.length === 1 && only && !this.config.current.router.enableTagFiltering) {
      return !tried.has(only.deployment) && this.#isFree(only) ? only : null;
    }
    return this.order(route.group, call, tried)[0] ?? null;
  }

  /** Begins a try. */
  begin(member: GroupMember, group: ModelGroup): DeploymentAttempt {
    const { allowedFails, cooldownMs } = this.config.current.router;
    return new DeploymentAttempt(member, this.#states.of(member.deployment), {
      allowedFails,
      cooldownMs,
      mayRest: () => this.#mayRest(group, member),
      now: this.now,
    });
  }

  /** Why nobody of a group can be asked. */
  noneFor({ name, group }: Route): RateLimitError {
    const nowMs = this.now();
    const rests = group.members.map(({ deployment }) => this.#states.of(deployment).breaker.restMs(nowMs));
    const seconds = Math.max(1, Math.ceil(Math.min(...rests.filter((ms) => ms > 0), 60_000) / 1_000));
    const wait = rests.some((ms) => ms > 0) ? seconds : 1;
    return new RateLimitError(
      `No deployments available for selected model, Try again in ${wait} seconds. ` +
        `Passed model=${name.slice(0, MAX_NAME_LENGTH)}.`,
      wait,
    );
  }

  /** @throws UpstreamError `context_length_exceeded` where pre-call checks say that nobody takes so long a prompt */
  checkLength({ group }: Route, call: Call): void {
    if (!this.config.current.router.enablePreCallChecks) return;
    const tokens = call.bodyBytes / BYTES_PER_TOKEN;
    if (group.deployments.some(({ maxInputTokens }) => maxInputTokens === null || maxInputTokens >= tokens))
      return;
    throw new UpstreamError(400, 'The prompt is longer than any deployment of this model takes.', false, {
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
    });
  }

  /** Without limits nothing has to be known of a deployment, and planning makes no state for it. */
  #isFree(member: GroupMember): boolean {
    if (member.maxParallelRequests === null && !countsUsage(this.config.current)) return true;
    return this.#isWithinLimits(member, this.#states.of(member.deployment), this.now());
  }

  #isWithinLimits(
    { rpm, tpm, maxParallelRequests }: GroupMember,
    state: DeploymentState,
    nowMs: number,
  ): boolean {
    if (maxParallelRequests !== null && state.inFlight >= maxParallelRequests) return false;
    if (!countsUsage(this.config.current)) return true;
    return (rpm === null || state.requestsIn(nowMs) < rpm) && (tpm === null || state.tokensIn(nowMs) < tpm);
  }

  /** At most half of a group rests at a time, and so never the last. */
  #mayRest({ members }: ModelGroup, candidate: GroupMember): boolean {
    const resting = members.filter(
      (member) => member !== candidate && this.#states.of(member.deployment).breaker.isResting,
    );
    return resting.length + 1 <= members.length / 2;
  }
}

/** Where limits are only shares of the traffic they refuse nothing. */
const countsUsage = ({ router }: AppConfig): boolean =>
  router.enablePreCallChecks || router.routingStrategy.startsWith('usage-based');

/** Lower levels are asked first, higher ones when those are gone. */
function firstLevel(candidates: readonly Candidate[]): readonly Candidate[] {
  const lowest = Math.min(...candidates.map(({ member }) => member.order));
  return candidates.every(({ member }) => member.order === lowest)
    ? candidates
    : candidates.filter(({ member }) => member.order === lowest);
}
