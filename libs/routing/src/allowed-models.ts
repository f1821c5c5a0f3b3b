import { type Caller, PermissionError } from '@app/call';
import { withInferredProvider } from './infer-provider.js';
import { type ModelTable } from './model-table.js';
import { Wildcard } from './wildcard.js';

/** Grants every model. */
const EVERYTHING = new Set(['all-proxy-models', '*']);
/** They grant nothing by themselves: who has them gets the models of the team instead. */
const BY_TEAM = new Set(['no-default-models', 'all-team-models']);
const EVERY_MODEL: readonly string[] = [];
const MAX_NAME_LENGTH = 200;

/** What a list of models allows, compiled once for each list. */
export interface ModelRule {
  readonly everything: boolean;
  readonly names: ReadonlySet<string>;
  readonly patterns: readonly Wildcard[];
}

/** @param models names, patterns with `*`, access groups and special values; none allow every model */
export function compileRule(models: readonly string[], accessGroups: ModelTable['accessGroups']): ModelRule {
  const names = models
    .filter((model) => !BY_TEAM.has(model))
    .flatMap((model) => [model, ...(accessGroups.get(model) ?? [])]);
  return {
    everything: models.length === 0 || names.some((name) => EVERYTHING.has(name)),
    names: new Set(names),
    patterns: names.filter((name) => name.includes('*')).map((name) => new Wildcard(name)),
  };
}

/** Every list that has to allow a model: the key's own and those around it. */
export function listsOf({ models, outerModels, teamId }: Caller): readonly (readonly string[])[] {
  const own = teamId !== null && models.includes('all-team-models') ? EVERY_MODEL : models;
  return outerModels.length === 0 ? [own] : [own, ...outerModels];
}

/** Whether a rule allows a model by any of the names it goes by: as asked for, an alias, or what the alias stands for. */
export function allows(rule: ModelRule, names: readonly string[]): boolean {
  return rule.everything || names.some((name) => allowsName(rule, name));
}

function allowsName({ names, patterns }: ModelRule, name: string): boolean {
  if (names.has(name)) return true;
  if (patterns.length === 0) return false;
  const inferred = withInferredProvider(name);
  return patterns.some(
    (pattern) =>
      pattern.captureWhole(name) !== null || (inferred !== null && pattern.captureWhole(inferred) !== null),
  );
}

/**
 * 403 in the words that clients look for: `key_model_access_denied`, or that of the team or user around the key.
 * @param list the one that does not allow the model
 */
export function modelDenied(caller: Caller, model: string, list: readonly string[]): PermissionError {
  const who = list === caller.models ? 'key' : caller.teamId === null ? 'user' : 'team';
  const names = list.map((name) => `'${name}'`).join(', ');
  const message =
    `${who} not allowed to access model. This ${who} can only access models=[${names}]. ` +
    `Tried to access ${model.slice(0, MAX_NAME_LENGTH)}`;
  if (who === 'team') return new PermissionError(message, 'team_model_access_denied', 'model');
  if (who === 'user') return new PermissionError(message, 'user_model_access_denied', 'model');
  return new PermissionError(message, 'key_model_access_denied', 'model');
}
