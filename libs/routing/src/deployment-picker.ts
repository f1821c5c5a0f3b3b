import { type Call, type Deployment, RateLimitError, UpstreamError } from '@app/call';
import { type AppConfig, type ConfigStore } from '@app/config';
import { type Route } from './call-plan.js';
import { DeploymentAttempt } from './deployment-attempt.js';
import { type DeploymentBounds, type DeploymentLimits, OwnLimits } from './deployment-limits.js';
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
/** So often a call may find that others were quicker with what was fetched for it. */
const MAX_ROUNDS = 20;

/** Chooses among the deployments of a group: who is well, within limits, and first by the configured strategy. */
export class DeploymentPicker {
  readonly #states = new DeploymentStates();
  readonly #bounds = new WeakMap<GroupMember, DeploymentBounds | null>();
  #limits: DeploymentLimits = new OwnLimits(
    (deployment) => this.#states.of(deployment),
    () => this.now(),
  );

  constructor(
    private readonly config: Pick<ConfigStore, 'current'>,
    private readonly random: () => number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** From now on limits are kept by `limits`: together with other processes. */
  limitBy(limits: DeploymentLimits): void {
    this.#limits = limits;
  }

  stateOf(deployment: Deployment): DeploymentState {
    return this.#states.of(deployment);
  }

  /** Those that may be asked now, in the order in which to ask them. */
  order(group: ModelGroup, call: Call, tried: ReadonlySet<Deployment> = NOBODY): readonly GroupMember[] {
    const { router } = this.config.current;
    const nowMs = this.now();
    const left = group.members
      .filter(({ deployment }) => !tried.has(deployment) && isMeant(call, deployment))
      .filter((member) => this.#hasRoom(member))
      .map((member) => ({ member, state: this.#states.of(member.deployment) }));
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
      return !tried.has(only.deployment) && isMeant(call, only.deployment) && this.#hasRoom(only)
        ? only
        : null;
    }
    return this.order(route.group, call, tried)[0] ?? null;
  }

  /** As {@link pick}; where all that it lacks is room within limits, it looks for that beyond this process. */
  async find(route: Route, call: Call, tried: ReadonlySet<Deployment> = NOBODY): Promise<GroupMember | null> {
    for (let round = 0; round < MAX_ROUNDS && !call.signal.aborted; round += 1) {
      const full = this.#fullOf(route.group, tried).filter(({ deployment }) => isMeant(call, deployment));
      if (full.length === 0 || !(await this.#limits.fetch(full, call))) return null;
      const member = this.pick(route, call, tried);
      if (member) return member;
    }
    return null;
  }

  /** Begins a try; null where the room for it has gone since it was picked. */
  begin(member: GroupMember, group: ModelGroup, call: Call): DeploymentAttempt | null {
    const bounds = this.#boundsOf(member);
    if (bounds && !this.#limits.hasRoom(bounds)) return null;
    const { allowedFails, cooldownMs } = this.config.current.router;
    const rules = {
      allowedFails,
      cooldownMs,
      mayRest: () => this.#mayRest(group, member),
      now: this.now,
      claim: bounds && this.#limits.claim(bounds, call),
    };
    return new DeploymentAttempt(member, this.#states.of(member.deployment), rules);
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

  #hasRoom(member: GroupMember): boolean {
    const bounds = this.#boundsOf(member);
    return bounds === null || this.#limits.hasRoom(bounds);
  }

  /** Those who are well and have no room. */
  #fullOf(group: ModelGroup, tried: ReadonlySet<Deployment>): DeploymentBounds[] {
    const nowMs = this.now();
    return group.members.flatMap((member) => {
      const bounds = this.#boundsOf(member);
      if (bounds === null || tried.has(member.deployment) || this.#limits.hasRoom(bounds)) return [];
      return this.#states.of(member.deployment).breaker.admits(nowMs) ? [bounds] : [];
    });
  }

  /** Null without limits: then nothing has to be known of a deployment, and planning makes no state for it. */
  #boundsOf(member: GroupMember): DeploymentBounds | null {
    const known = this.#bounds.get(member);
    if (known !== undefined) return known;
    const { deployment, maxParallelRequests } = member;
    const [rpm, tpm] = countsUsage(this.config.current) ? [member.rpm, member.tpm] : [null, null];
    const isFree = rpm === null && tpm === null && maxParallelRequests === null;
    const bounds = isFree
      ? null
      : Object.freeze({ deployment, requestsPerMinute: rpm, tokensPerMinute: tpm, maxParallelRequests });
    this.#bounds.set(member, bounds);
    return bounds;
  }

  /** At most half of a group rests at a time, and so never the last. */
  #mayRest({ members }: ModelGroup, candidate: GroupMember): boolean {
    const resting = members.filter(
      (member) => member !== candidate && this.#states.of(member.deployment).breaker.isResting,
    );
    return resting.length + 1 <= members.length / 2;
  }
}

/** A call may be about something that one deployment alone has. */
const isMeant = ({ deploymentId }: Call, { id }: Deployment): boolean =>
  deploymentId === undefined || deploymentId === id;

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
