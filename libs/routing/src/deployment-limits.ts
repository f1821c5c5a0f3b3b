import { type Call, type Deployment } from '@app/call';
import { type DeploymentState } from './deployment-state.js';

/** The limits of one deployment, as far as they bind. */
export interface DeploymentBounds {
  readonly deployment: Deployment;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly maxParallelRequests: number | null;
}

/** Room for one call at one deployment. */
export interface DeploymentClaim {
  /** The call has ended there; to be told once. */
  settle(usedTokens: number): void;
}

/** Keeps deployments within their limits. */
export interface DeploymentLimits {
  /** Whether one more call may go there, by what is known here and now. Nothing is taken. */
  hasRoom(bounds: DeploymentBounds): boolean;
  /** Takes the room that {@link hasRoom} has found in the same turn of the event loop. */
  claim(bounds: DeploymentBounds, call: Call): DeploymentClaim;
  /** Looks for more room elsewhere; false where there is none to be had, or nowhere to look. */
  fetch(all: readonly DeploymentBounds[], call: Call): Promise<boolean>;
}

const NOTHING: DeploymentClaim = Object.freeze({ settle: () => undefined });

/** Counts in this process alone, by what is followed of each deployment anyway. */
export class OwnLimits implements DeploymentLimits {
  constructor(
    private readonly stateOf: (deployment: Deployment) => DeploymentState,
    private readonly now: () => number,
  ) {}

  hasRoom(bounds: DeploymentBounds): boolean {
    const state = this.stateOf(bounds.deployment);
    const { requestsPerMinute, tokensPerMinute, maxParallelRequests } = bounds;
    const nowMs = this.now();
    return (
      (maxParallelRequests === null || state.inFlight < maxParallelRequests) &&
      (requestsPerMinute === null || state.requestsIn(nowMs) < requestsPerMinute) &&
      (tokensPerMinute === null || state.tokensIn(nowMs) < tokensPerMinute)
    );
  }

  claim(): DeploymentClaim {
    return NOTHING;
  }

  fetch(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
