import { type Call, type PlanNote } from '@app/call';
import { type AppConfig } from '@app/config';
import { type CallPlan, NO_FALLBACKS } from './call-plan.js';
import { type ModelGroup } from './model-table.js';
import { sessionOf } from './session-of.js';

/** Plans in words. Calls that are planned alike get the same object, so that it is written down once. */
export class PlanNotes {
  readonly #plain = new WeakMap<ModelGroup, PlanNote>();
  readonly #sticky = new WeakMap<ModelGroup, PlanNote>();

  of({ route, fallbacks }: CallPlan, call: Call, router: AppConfig['router']): PlanNote {
    const { group } = route;
    const isSticky = group.members.length > 1 && sessionOf(call, router.deploymentAffinity) !== null;
    if (fallbacks !== NO_FALLBACKS) {
      const names = Object.values(fallbacks).flatMap((routes) => routes.map(({ name }) => name));
      return noteOf(group, byOf(group, isSticky, router), [...new Set(names)]);
    }
    const known = isSticky ? this.#sticky : this.#plain;
    let note = known.get(group);
    if (!note) known.set(group, (note = noteOf(group, byOf(group, isSticky, router), [])));
    return note;
  }
}

function byOf({ members }: ModelGroup, isSticky: boolean, router: AppConfig['router']): string {
  if (members.length === 1) return 'only';
  return isSticky ? 'session' : router.routingStrategy;
}

const noteOf = ({ name, deployments }: ModelGroup, by: string, fallbacks: readonly string[]): PlanNote => ({
  group: name,
  by,
  deployments: deployments.map(({ id }) => id),
  fallbacks,
});
