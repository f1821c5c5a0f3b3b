import { Logger } from '@nestjs/common';
import {
  BadRequestError,
  type Call,
  type Caller,
  type Deployment,
  NO_WISHES,
  type PlanNote,
} from '@app/call';
import { type AppConfig, type ConfigStore, type ModelEntry } from '@app/config';
import { type ModelLabels } from '@app/observability';
import { allows, compileRule, listsOf, modelDenied, type ModelRule } from './allowed-models.js';
import { type CallPlan, NO_FALLBACKS, type Route } from './call-plan.js';
import { type Catalogue } from './catalogue.js';
import { type RoutingSettings } from './compile-deployment.js';
import { compileModels } from './compile-models.js';
import { DeploymentPicker } from './deployment-picker.js';
import { fallbackNames, hasFallbacks } from './fallback-names.js';
import { GroupFinder } from './group-finder.js';
import { type FallbackKind } from './judge-failure.js';
import { type ModelGroup, type ModelTable } from './model-table.js';
import { PlanNotes } from './plan-notes.js';

const MAX_NAME_LENGTH = 200;

/** What follows from one table; swapped whole with it. */
interface Compiled {
  readonly table: ModelTable;
  readonly finder: GroupFinder;
  readonly rules: WeakMap<readonly string[], ModelRule>;
}

/** An entry, and whether it comes from the database. */
export interface RoutedEntry {
  readonly entry: ModelEntry;
  readonly isStored: boolean;
}

/** Knows every model, who may use it, and where its requests go. Answers out of memory, without waiting. */
export class RoutingService {
  /** Chooses among the deployments of a group, and follows how they do. */
  readonly picker: DeploymentPicker;
  readonly #notes = new PlanNotes();
  readonly #logger = new Logger(RoutingService.name);
  #catalogue: Catalogue = new Map();
  #warned: ReadonlySet<string> = new Set();
  #stored: readonly ModelEntry[] = [];
  #hasFallbacks = false;
  #compiled: Compiled;

  /** @param random gives numbers from 0 up to, but not including, 1 */
  constructor(
    private readonly config: ConfigStore,
    private readonly labels: Pick<ModelLabels, 'replace'>,
    random: () => number,
  ) {
    this.picker = new DeploymentPicker(config, random);
    this.#compiled = this.#compile(config.current);
    config.onChange((next) => (this.#compiled = this.#compile(next)));
  }

  /** The table in effect; a new object after each change. */
  get table(): ModelTable {
    return this.#compiled.table;
  }

  /** Further tries after the first, where neither request nor deployment says otherwise. */
  get numRetries(): number {
    return this.config.current.router.numRetries;
  }

  /**
   * Where a call may go: at least one deployment.
   * @throws PermissionError when the key may not use the model, or one that it wants to fall back to; BadRequestError
   * when there is none of that name
   */
  plan(call: Call): CallPlan {
    const { caller, model } = call;
    const names = this.namesOf(caller, model);
    this.requireAllowed(caller, model, names);
    const route = this.#routeOf(names) ?? this.#firstDefault(model);
    if (!route) throw unknownModel(call, this.#compiled.table.wildcards.length > 0);
    const fallbacks = this.#fallbacksOf(call, names, route);
    if (call.deploymentId !== undefined) return planOfOne(call.deploymentId, route, fallbacks);
    const { group } = route;
    const own = group.members.length === 1 ? group.deployments : this.#ordered(route, call);
    const others = Object.values(fallbacks).flatMap((routes) =>
      routes.flatMap((other) => other.group.deployments),
    );
    return Object.assign([...own, ...others], { route, fallbacks });
  }

  /** The plan in words, for the call's row. */
  noteOf(plan: CallPlan, call: Call): PlanNote {
    return this.#notes.of(plan, call, this.config.current.router);
  }

  /** What a caller may use: every rule has to allow a model. */
  rulesFor(caller: Caller): readonly ModelRule[] {
    return listsOf(caller).map((list) => this.#ruleOf(list));
  }

  /** The name as asked for, what it stands for with this key, and what that stands for here. */
  namesOf({ aliases }: Caller, model: string): readonly [string, string, string] {
    const own = Object.hasOwn(aliases, model) ? (aliases[model] ?? model) : model;
    return [model, own, this.#compiled.table.aliases.get(own)?.model ?? own];
  }

  /** @throws PermissionError when a caller may not call this model, whether there is one or not */
  requireAllowed(
    caller: Caller,
    model: string,
    names: readonly string[] = this.namesOf(caller, model),
  ): void {
    for (const list of listsOf(caller)) {
      if (!allows(this.#ruleOf(list), names)) throw modelDenied(caller, model, list);
    }
  }

  /** Every entry in use, of the configuration and of the database. */
  get entries(): readonly RoutedEntry[] {
    const { models } = this.config.current;
    return [
      ...models.map((entry) => ({ entry, isStored: false })),
      ...this.#stored.map((entry) => ({ entry, isStored: true })),
    ];
  }

  /** What entries are compiled with. */
  get settings(): RoutingSettings {
    const { router, litellm } = this.config.current;
    return { ...router, requestTimeoutMs: litellm.requestTimeoutMs };
  }

  /** The group that a name leads to; null where there is none. */
  groupOf(name: string): ModelGroup | null {
    const { table, finder } = this.#compiled;
    return finder.find(table.aliases.get(name)?.model ?? name);
  }

  /** Whether a model has exactly this name, or is listed under it by its upstream. */
  knows(name: string): boolean {
    const { groups, aliases, listed } = this.#compiled.table;
    return groups.has(name) || aliases.has(name) || listed.has(name);
  }

  /** Takes the models of the database, beside those of the configuration. */
  stored(entries: readonly ModelEntry[]): void {
    this.#stored = entries;
    this.#compiled = this.#compile(this.config.current);
  }

  /** Takes what the upstreams say they have. */
  discovered(catalogue: Catalogue): void {
    this.#catalogue = catalogue;
    this.#compiled = this.#compile(this.config.current);
  }

  #routeOf(names: readonly [string, string, string]): Route | null {
    const [, , name] = names;
    const group = this.#compiled.finder.find(name);
    return group && { name, names, group };
  }

  /** An unknown model is answered by the first that stands in for all. */
  #firstDefault(model: string): Route | null {
    const [name] = this.config.current.router.defaultFallbacks;
    return name === undefined
      ? null
      : this.#routeOf([model, name, this.#compiled.table.aliases.get(name)?.model ?? name]);
  }

  /** All of them, those that could be asked now first. */
  #ordered({ group }: Route, call: Call): readonly Deployment[] {
    const first = this.picker.order(group, call).map(({ deployment }) => deployment);
    return first.length === group.deployments.length ? first : [...new Set([...first, ...group.deployments])];
  }

  #fallbacksOf(
    { caller, wishes = NO_WISHES }: Call,
    names: readonly string[],
    route: Route,
  ): CallPlan['fallbacks'] {
    const { router } = this.config.current;
    if (!this.#hasFallbacks && !wishes.fallbacks && !wishes.contextWindowFallbacks) return NO_FALLBACKS;
    for (const name of new Set([...(wishes.fallbacks ?? []), ...(wishes.contextWindowFallbacks ?? [])])) {
      this.requireAllowed(caller, name);
    }
    const routesFor = (kind: FallbackKind): readonly Route[] =>
      fallbackNames(router, kind, names, wishes)
        .map((name) => this.#routeOf(this.namesOf(caller, name)))
        .filter((other) => other !== null)
        .filter((other) => other.name !== route.name)
        .slice(0, router.maxFallbacks);
    return {
      general: routesFor('general'),
      contextWindow: routesFor('contextWindow'),
      contentPolicy: routesFor('contentPolicy'),
    };
  }

  /** The same list of models gives the same rule. */
  #ruleOf(models: readonly string[]): ModelRule {
    const { rules, table } = this.#compiled;
    let rule = rules.get(models);
    if (!rule) rules.set(models, (rule = compileRule(models, table.accessGroups)));
    return rule;
  }

  #compile({ models, router, litellm }: AppConfig): Compiled {
    this.#hasFallbacks = hasFallbacks(router);
    const settings = { ...router, requestTimeoutMs: litellm.requestTimeoutMs };
    const table = compileModels([...models, ...this.#stored], settings, this.#catalogue);
    for (const warning of table.warnings) if (!this.#warned.has(warning)) this.#logger.warn(warning);
    this.#warned = new Set(table.warnings);
    this.labels.replace([...table.groups.keys(), ...table.aliases.keys(), ...table.listed.keys()]);
    return { table, finder: new GroupFinder(table), rules: new WeakMap() };
  }
}

/** Where one deployment alone can answer: of the model's own, or of those that have stood in for them. */
function planOfOne(id: string, route: Route, fallbacks: CallPlan['fallbacks']): CallPlan {
  const routes = [route, ...Object.values(fallbacks).flat()];
  const found = routes.find(({ group }) => group.deployments.some((deployment) => deployment.id === id));
  const deployment = found?.group.deployments.find((candidate) => candidate.id === id);
  if (!found || !deployment) {
    throw new BadRequestError(
      `What the call is about is not kept by any deployment of ${route.name}.`,
      'model',
    );
  }
  return Object.assign([deployment], { route: found, fallbacks: NO_FALLBACKS });
}

function unknownModel({ model, upstreamPath }: Call, hasWildcards: boolean): BadRequestError {
  const name = model.slice(0, MAX_NAME_LENGTH);
  const message = hasWildcards
    ? `litellm.BadRequestError: You passed in model=${name}. There is no 'model_name' with this string`
    : `${upstreamPath}: Invalid model name passed in model=${name}. ` +
      'Call `/v1/models` to view available models for your key.';
  return new BadRequestError(message, 'model');
}
