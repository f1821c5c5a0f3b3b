import { Logger } from '@nestjs/common';
import { BadRequestError, type Call, type Caller, type Deployment, type UpstreamError } from '@app/call';
import { type AppConfig, type ConfigStore } from '@app/config';
import { type ModelLabels } from '@app/observability';
import { allows, compileRule, listsOf, modelDenied, type ModelRule } from './allowed-models.js';
import { type Catalogue } from './catalogue.js';
import { compileModels } from './compile-models.js';
import { DeploymentReports } from './deployment-reports.js';
import { GroupFinder } from './group-finder.js';
import { type ModelTable } from './model-table.js';
import { simpleShuffle } from './policies/simple-shuffle.js';

const MAX_NAME_LENGTH = 200;

/** What follows from one table; swapped whole with it. */
interface Compiled {
  readonly table: ModelTable;
  readonly finder: GroupFinder;
  readonly rules: WeakMap<readonly string[], ModelRule>;
}

/** Knows every model, who may use it, and where its requests go. Answers out of memory, without waiting. */
export class RoutingService {
  readonly reports = new DeploymentReports();
  readonly #logger = new Logger(RoutingService.name);
  #catalogue: Catalogue = new Map();
  #warned: ReadonlySet<string> = new Set();
  #compiled: Compiled;

  /** @param random gives numbers from 0 up to, but not including, 1 */
  constructor(
    private readonly config: ConfigStore,
    private readonly labels: Pick<ModelLabels, 'replace'>,
    private readonly random: () => number,
  ) {
    this.#compiled = this.#compile(config.current);
    config.onChange((next) => (this.#compiled = this.#compile(next)));
  }

  /** The table in effect; a new object after each change. */
  get table(): ModelTable {
    return this.#compiled.table;
  }

  /**
   * The deployments that may answer a call, in the order in which to try them; at least one.
   * @throws PermissionError when the key may not use the model, BadRequestError when there is none of that name
   */
  plan(call: Call): readonly Deployment[] {
    const { table, finder } = this.#compiled;
    const { caller, model } = call;
    const own = Object.hasOwn(caller.aliases, model) ? (caller.aliases[model] ?? model) : model;
    const name = table.aliases.get(own)?.model ?? own;
    for (const list of listsOf(caller)) {
      if (!allows(this.#ruleOf(list), [model, own, name])) throw modelDenied(caller, model, list);
    }
    const group = finder.find(name);
    if (!group) throw unknownModel(call, table.wildcards.length > 0);
    return simpleShuffle(group.deployments, group.weights, this.random);
  }

  /** What a caller may use: every rule has to allow a model. */
  rulesFor(caller: Caller): readonly ModelRule[] {
    return listsOf(caller).map((list) => this.#ruleOf(list));
  }

  /** A deployment did not answer a call. Failures that are the request's fault do not count against it. */
  reportFailure(deployment: Deployment, error: UpstreamError): void {
    if (error.retryable) this.reports.failed(deployment.id, error.status);
  }

  reportSuccess(deployment: Deployment): void {
    this.reports.succeeded(deployment.id);
  }

  /** Takes what the upstreams say they have. */
  discovered(catalogue: Catalogue): void {
    this.#catalogue = catalogue;
    this.#compiled = this.#compile(this.config.current);
  }

  /** The same list of models gives the same rule. */
  #ruleOf(models: readonly string[]): ModelRule {
    const { rules, table } = this.#compiled;
    let rule = rules.get(models);
    if (!rule) rules.set(models, (rule = compileRule(models, table.accessGroups)));
    return rule;
  }

  #compile({ models, router, litellm }: AppConfig): Compiled {
    const settings = { ...router, requestTimeoutMs: litellm.requestTimeoutMs };
    const table = compileModels(models, settings, this.#catalogue);
    for (const warning of table.warnings) if (!this.#warned.has(warning)) this.#logger.warn(warning);
    this.#warned = new Set(table.warnings);
    this.labels.replace([...table.groups.keys(), ...table.aliases.keys(), ...table.listed.keys()]);
    return { table, finder: new GroupFinder(table), rules: new WeakMap() };
  }
}

function unknownModel({ model, upstreamPath }: Call, hasWildcards: boolean): BadRequestError {
  const name = model.slice(0, MAX_NAME_LENGTH);
  const message = hasWildcards
    ? `litellm.BadRequestError: You passed in model=${name}. There is no 'model_name' with this string`
    : `${upstreamPath}: Invalid model name passed in model=${name}. ` +
      'Call `/v1/models` to view available models for your key.';
  return new BadRequestError(message, 'model');
}
