import { Injectable } from '@nestjs/common';
import { BadRequestError, type Call, type Deployment } from '@app/call';
import { ConfigStore } from '@app/config';
import { requireModel } from './allowed-models.js';
import { compileModels, type ModelTable, type PlannedDeployment } from './compile-models.js';
import { fillPattern } from './model-pattern.js';
import { orderCandidates } from './order-candidates.js';

/** Names resolved through wildcards are remembered; clients choose them, so there is an end to it. */
const MAX_REMEMBERED = 10_000;

/** From a model name to the deployments that serve it. */
@Injectable()
export class RoutingService {
  #table: ModelTable;
  #resolved = new Map<string, readonly PlannedDeployment[]>();

  constructor(config: ConfigStore) {
    this.#table = compileModels(config.current);
    config.onChange((next) => {
      this.#table = compileModels(next);
      this.#resolved = new Map();
    });
  }

  get table(): ModelTable {
    return this.#table;
  }

  /**
   * The deployments to try, in order, at least one.
   * @throws BadRequestError 400 for an unknown model, PermissionError 403 where the key may not use it
   */
  plan(call: Call): readonly Deployment[] {
    const group = this.groupOf(call);
    requireModel(call.caller, call.model, group);
    const candidates = this.#table.groups.get(group) ?? this.#wildcard(group);
    if (!candidates) throw unknownModel(call, this.#table.wildcards.length > 0);
    return orderCandidates(candidates, Math.random);
  }

  /** The name that aliases of the key and of the router lead to. */
  groupOf({ caller, model }: Pick<Call, 'caller' | 'model'>): string {
    const own = Object.hasOwn(caller.aliases, model) ? caller.aliases[model] : undefined;
    const name = own ?? model;
    return this.#table.groups.has(name) ? name : (this.#table.aliases.get(name)?.model ?? name);
  }

  #wildcard(name: string): readonly PlannedDeployment[] | null {
    const known = this.#resolved.get(name);
    if (known) return known;
    for (const { pattern, deployments } of this.#table.wildcards) {
      const captures = pattern.captures(name);
      if (!captures) continue;
      const filled = deployments.map((deployment) =>
        Object.freeze({
          ...deployment,
          upstreamModel: fillPattern(deployment.upstreamModel, captures, name),
        }),
      );
      if (this.#resolved.size >= MAX_REMEMBERED) this.#resolved = new Map();
      this.#resolved.set(name, filled);
      return filled;
    }
    return null;
  }
}

function unknownModel({ model, route }: Call, hasWildcards: boolean): BadRequestError {
  const text = hasWildcards
    ? `litellm.BadRequestError: You passed in model=${model}. There is no 'model_name' with this string`
    : `${route}: Invalid model name passed in model=${model}. Call \`/v1/models\` to view available models for your key.`;
  return new BadRequestError(text, 'model');
}
