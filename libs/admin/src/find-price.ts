import { BadRequestError, type Deployment } from '@app/call';
import { type ModelTable } from '@app/routing';

/** The deployment whose price a call of that model would be charged with; of several the dearest in tokens. */
export function findPrice(table: ModelTable, model: string): Deployment {
  const name = table.aliases.get(model)?.model ?? model;
  const ofGroup = table.groups.get(name)?.deployments ?? [];
  const all = [...table.groups.values()].flatMap(({ deployments }) => deployments);
  const found = ofGroup.length > 0 ? ofGroup : all.filter(({ upstreamModel }) => upstreamModel === name);
  const [dearest] = found.toSorted((one, other) => Number(tokenPrice(other) - tokenPrice(one)));
  if (!dearest) throw new BadRequestError(`No model is called ${model}.`, 'model');
  return dearest;
}

function tokenPrice({ price }: Deployment): bigint {
  return (price.inputPerTokenPicoUsd ?? 0n) + (price.outputPerTokenPicoUsd ?? 0n);
}
