import { Injectable } from '@nestjs/common';
import { type Caller, type JsonObject, type JsonValue } from '@app/call';
import { type ModelEntry } from '@app/config';
import { allows } from './allowed-models.js';
import { LoadStates } from './load-states.js';
import { type ModelInfoView, modelInfoView } from './model-info.view.js';
import { RoutingService } from './routing.service.js';

/** What is told about the models of the gateway, one by one and by group. */
@Injectable()
export class ModelInfos {
  constructor(
    private readonly routing: RoutingService,
    private readonly loads: LoadStates,
  ) {}

  /** Every deployment, as configured; patterns stay patterns. */
  all(): readonly ModelInfoView[] {
    const { entries } = this.routing;
    return entries.map(({ entry, isStored }) => this.#viewOf(entry, isStored));
  }

  /** Those of the models that a caller may use. */
  of(caller: Caller): readonly ModelInfoView[] {
    const rules = this.routing.rulesFor(caller);
    return this.all().filter(({ model_name }) => rules.every((rule) => allows(rule, [model_name])));
  }

  /** The groups that a caller may call, models behind patterns by their own names. */
  groupsOf(caller: Caller, name: string | null): readonly JsonObject[] {
    const rules = this.routing.rulesFor(caller);
    const { table } = this.routing;
    const names = name === null ? [...table.listed.keys()] : [name];
    return names
      .filter((listed) =>
        rules.every((rule) => allows(rule, [listed, table.aliases.get(listed)?.model ?? listed])),
      )
      .flatMap((listed) => this.#groupView(listed));
  }

  #viewOf(entry: ModelEntry, isStored: boolean): ModelInfoView {
    const members = this.routing.table.groups.get(entry.modelName)?.deployments;
    const deployment = members?.find(({ id }) => id === entry.modelInfo['id']) ?? null;
    return modelInfoView(entry, {
      isStored,
      deployment,
      state: deployment && this.routing.picker.stateOf(deployment),
      loadState: deployment && this.loads.of(deployment),
      nowMs: performance.now(),
    });
  }

  #groupView(name: string): JsonObject[] {
    const group = this.routing.groupOf(name);
    if (!group) return [];
    const { deployments, members } = group;
    const [first] = deployments;
    const price = (pico: bigint | null | undefined): number | null =>
      typeof pico === 'bigint' ? Number(pico) / 1e12 : null;
    const states = new Set(deployments.map((deployment) => this.loads.of(deployment)));
    const view: Record<string, JsonValue> = {
      model_group: name,
      providers: [...new Set(deployments.map(({ provider }) => provider))],
      max_input_tokens: largest(deployments.map(({ maxInputTokens }) => maxInputTokens)),
      max_output_tokens: largest(deployments.map(({ maxOutputTokens }) => maxOutputTokens)),
      input_cost_per_token: price(first?.price.inputPerTokenPicoUsd),
      output_cost_per_token: price(first?.price.outputPerTokenPicoUsd),
      mode: this.#modeOf(group.name),
      rpm: total(members.map(({ rpm }) => rpm)),
      tpm: total(members.map(({ tpm }) => tpm)),
      supports_function_calling: deployments.every(({ supportsFunctionCalling }) => supportsFunctionCalling),
      load_state: states.has('ready') ? 'ready' : ([...states][0] ?? null),
      is_public_model_group: false,
    };
    return [view];
  }

  #modeOf(modelName: string): string {
    const found = this.routing.entries.find(({ entry }) => entry.modelName === modelName);
    const mode = found?.entry.modelInfo['mode'];
    return typeof mode === 'string' ? mode : 'chat';
  }
}

function largest(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function total(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0);
}
