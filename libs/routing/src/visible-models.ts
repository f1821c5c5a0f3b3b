import { allows, type ModelRule } from './allowed-models.js';
import { providerOf } from './list-names.js';
import { type ModelTable } from './model-table.js';

/** The models that every one of the rules lets a caller see, each with its provider. */
export function modelsSeenBy(table: ModelTable, rules: readonly ModelRule[]): ReadonlyMap<string, string> {
  const narrowing = rules.filter((rule) => !rule.everything);
  const [first, ...others] = narrowing;
  if (!first) return table.listed;
  const visible = visibleModels(table, first);
  if (others.length === 0) return visible;
  return new Map([...visible].filter(([name]) => others.every((rule) => allows(rule, namesOf(table, name)))));
}

function namesOf({ aliases }: ModelTable, name: string): readonly string[] {
  const target = aliases.get(name)?.model;
  return target === undefined ? [name] : [name, target];
}

/**
 * The models that a rule lets its caller see, each with its provider: of those that are listed the allowed ones, then
 * those that the rule itself names and that can be reached, though no upstream lists them.
 */
export function visibleModels(table: ModelTable, rule: ModelRule): ReadonlyMap<string, string> {
  if (rule.everything) return table.listed;
  const visible = new Map<string, string>();
  for (const [name, provider] of table.listed) {
    if (allows(rule, namesOf(table, name))) visible.set(name, provider);
  }
  for (const name of rule.names) {
    if (visible.has(name) || name.includes('*') || table.accessGroups.has(name)) continue;
    const provider = providerOf(table, table.aliases.get(name)?.model ?? name);
    if (provider !== null) visible.set(name, provider);
  }
  return visible;
}
