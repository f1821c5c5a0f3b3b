import { type Call, UpstreamError } from '@app/call';
import { type ModelEntry, type RouterSettings } from '@app/config';
import { aCall } from '@testing/call';
import { aConfigStore, aModelEntry } from '@testing/config';
import { type Route } from './call-plan.js';
import { type RoutingSettings } from './compile-deployment.js';
import { type DeploymentAttempt } from './deployment-attempt.js';
import { DeploymentPicker } from './deployment-picker.js';
import { judgeFailure } from './judge-failure.js';
import { type GroupMember } from './model-table.js';
import { RoutingService } from './routing.service.js';

type ConfigChanges = Parameters<typeof aConfigStore>[0];

/** Metrics that hear of names and forget them. */
export const NO_LABELS = { replace: (): void => undefined };

/** What deployments fall back on where nothing is configured. */
export const ROUTING_SETTINGS: RoutingSettings = {
  timeoutMs: null,
  streamTimeoutMs: null,
  connectTimeoutMs: null,
  idleTimeoutMs: null,
  modelGroupAlias: {},
  requestTimeoutMs: 6_000_000,
};

/** Routing over a configuration that needs no file. Random choices are 0 unless told otherwise: the first comes first. */
export function aRoutingService(changes: ConfigChanges = {}, random: () => number = () => 0): RoutingService {
  return new RoutingService(aConfigStore(changes), NO_LABELS, random);
}

/** Numbers from 0 up to 1 that are the same in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One model group with deployments `a`, `b`, …, a picker for it, and a clock that stands still. */
export class Field {
  nowMs = 60_000;

  constructor(
    readonly route: Route,
    makePicker: (now: () => number) => DeploymentPicker,
  ) {
    this.picker = makePicker(() => this.nowMs);
  }

  readonly picker: DeploymentPicker;

  memberOf(id: string): GroupMember {
    const found = this.route.group.members.find(({ deployment }) => deployment.id === id);
    if (!found) throw new Error(`there is no deployment ${id}`);
    return found;
  }

  begin(id: string): DeploymentAttempt {
    const attempt = this.picker.begin(this.memberOf(id), this.route.group, aCall());
    if (!attempt) throw new Error(`${id} has no room`);
    return attempt;
  }

  idsIn(call: Call = aCall()): string[] {
    return this.picker.order(this.route.group, call).map(({ deployment }) => deployment.id);
  }

  firstOf(call: Call = aCall()): string | undefined {
    return this.picker.pick(this.route, call)?.deployment.id;
  }

  fail(id: string, status = 503, headers: Record<string, string> = {}): void {
    const error = new UpstreamError(status, 'no', status >= 429, { headers });
    this.begin(id).failed(error, judgeFailure(error, 0));
  }

  failOften(id: string): void {
    for (let i = 0; i < 5; i += 1) this.fail(id);
  }
}

export function aField(members: readonly Partial<ModelEntry>[], router: Partial<RouterSettings> = {}): Field {
  const models = members.map((changes, index) =>
    aModelEntry({ ...changes, modelInfo: { ...changes.modelInfo, id: String.fromCharCode(97 + index) } }),
  );
  const config = { models, router };
  const { route } = aRoutingService(config).plan(aCall());
  return new Field(route, (now) => new DeploymentPicker(aConfigStore(config), seededRandom(1), now));
}
