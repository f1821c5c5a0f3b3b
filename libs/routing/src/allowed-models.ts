import { type Caller, PermissionError } from '@app/call';
import { ModelPattern } from './model-pattern.js';

const EVERYTHING = new Set(['*', 'all-proxy-models', 'all-team-models']);
const SHOWN_MODELS = 20;

type Rule = (model: string) => boolean;
/** By the list itself: callers share theirs with their key's snapshot. */
const rules = new WeakMap<readonly string[], Rule>();

/** Whether a caller's list opens a model: named as such, or by a pattern. An empty list opens every model. */
export function allowsModel(models: readonly string[], name: string): boolean {
  if (models.length === 0) return true;
  let rule = rules.get(models);
  if (!rule) rules.set(models, (rule = compileRule(models)));
  return rule(name);
}

function compileRule(models: readonly string[]): Rule {
  if (models.some((model) => EVERYTHING.has(model))) return () => true;
  const names = new Set(models);
  const patterns = models.filter((model) => model.includes('*')).map((model) => new ModelPattern(model));
  return (name) => names.has(name) || patterns.some((pattern) => pattern.captures(name) !== null);
}

/**
 * A model is open when its requested name is, or the name that an alias leads to.
 * @throws PermissionError 403 `key_model_access_denied`
 */
export function requireModel({ models }: Caller, requested: string, resolved: string): void {
  if (allowsModel(models, requested) || allowsModel(models, resolved)) return;
  const shown = models.slice(0, SHOWN_MODELS).join(', ');
  throw new PermissionError(
    `key not allowed to access model. This key can only access models=[${shown}]. Tried to access ${requested}`,
    'key_model_access_denied',
    'model',
  );
}
