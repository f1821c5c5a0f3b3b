import { type Caller, PermissionError } from '@app/call';
import { withInferredProvider } from './infer-provider.js';
import { type ModelTable } from './model-table.js';
import { Wildcard } from './wildcard.js';

/** Grants every model. */
const EVERYTHING = new Set(['all-proxy-models', '*']);
/** They grant nothing by themselves: who has them gets the models of the team instead. */
const BY_TEAM = new Set(['no-default-models', 'all-team-models']);
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

/** 403 `key_model_access_denied`, in the words that clients look for. */
export function modelDenied({ models }: Caller, model: string): PermissionError {
  const list = models.map((name) => `'${name}'`).join(', ');
  return new PermissionError(
    `key not allowed to access model. This key can only access models=[${list}]. ` +
      `Tried to access ${model.slice(0, MAX_NAME_LENGTH)}`,
    'key_model_access_denied',
    'model',
  );
}
