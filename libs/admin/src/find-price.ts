import { BadRequestError, type Caller, type Deployment } from '@app/call';
import { allows, type RoutingService } from '@app/routing';
import { seesEverything } from '@app/users';

/**
 * The deployment whose price a call of that model would be charged with, of several the dearest in tokens. It may also go
 * by the name that its upstream has for it.
 * @throws PermissionError for a model that the caller may not call; BadRequestError where there is none
 */
export function findPrice(routing: RoutingService, caller: Caller, model: string): Deployment {
  const isFree = seesEverything(caller);
  const rules = isFree ? [] : routing.rulesFor(caller);
  const mayCall = (names: readonly string[]): boolean => rules.every((rule) => allows(rule, names));
  const names = routing.namesOf(caller, model);
  const named = mayCall(names) ? (routing.groupOf(names[1])?.deployments ?? []) : [];
  const found = named.length > 0 ? named : byUpstreamName(routing, model, mayCall);
  const [dearest] = found.toSorted((one, other) => Number(tokenPrice(other) - tokenPrice(one)));
  if (dearest) return dearest;
  if (!isFree) routing.requireAllowed(caller, model, names);
  throw new BadRequestError(`No model is called ${model}.`, 'model');
}

function byUpstreamName(
  { table }: RoutingService,
  model: string,
  mayCall: (names: readonly string[]) => boolean,
): readonly Deployment[] {
  const groups = [...table.groups.values()].filter(({ name }) => mayCall([name]));
  return groups.flatMap(({ deployments }) =>
    deployments.filter(({ upstreamModel }) => upstreamModel === model),
  );
}

function tokenPrice({ price }: Deployment): bigint {
  return (price.inputPerTokenPicoUsd ?? 0n) + (price.outputPerTokenPicoUsd ?? 0n);
}
