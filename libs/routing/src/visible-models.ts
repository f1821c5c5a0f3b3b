import { allows, type ModelRule } from './allowed-models.js';
import { providerOf } from './list-names.js';
import { type ModelTable } from './model-table.js';

/**
 * The models that a rule lets its caller see, each with its provider: of those that are listed the allowed ones, then
 * those that the rule itself names and that can be reached, though no upstream lists them.
 */
export function visibleModels(table: ModelTable, rule: ModelRule): ReadonlyMap<string, string> {
  if (rule.everything) return table.listed;
  const visible = new Map<string, string>();
  for (const [name, provider] of table.listed) {
    const target = table.aliases.get(name)?.model;
    if (allows(rule, target === undefined ? [name] : [name, target])) visible.set(name, provider);
  }
  for (const name of rule.names) {
    if (visible.has(name) || name.includes('*') || table.accessGroups.has(name)) continue;
    const provider = providerOf(table, table.aliases.get(name)?.model ?? name);
    if (provider !== null) visible.set(name, provider);
  }
  return visible;
}
