import { addressOf } from './catalogue.js';
import { type CompiledEntry } from './compile-deployment.js';
import { matchWildcard, upstreamModelFor } from './match-wildcard.js';
import { type ModelTable, type WildcardGroup } from './model-table.js';

type Named = Pick<ModelTable, 'groups' | 'aliases' | 'wildcards' | 'catalogue'>;

/**
 * The names that can be called, each with its provider: configured ones, aliases that are not hidden, then the
 * models that upstreams list behind wildcards, by the name that reaches them here. Patterns are no names.
 */
export function listNames(table: Named): Map<string, string> {
  const listed = new Map<string, string>();
  for (const [name, { deployments }] of table.groups) listed.set(name, deployments[0]?.provider ?? '');
  for (const [alias, { model, hidden }] of table.aliases) {
    const provider = providerOf(table, model);
    if (!hidden && provider !== null) listed.set(alias, provider);
  }
  for (const group of table.wildcards) {
    for (const entry of group.entries) {
      for (const name of discoveredNames(table, group, entry)) {
        if (!listed.has(name) && !table.aliases.has(name)) listed.set(name, entry.deployment.provider);
      }
    }
  }
  return listed;
}

/** Who answers to a name that is no alias; null where nobody does. */
export function providerOf({ groups, wildcards }: Named, model: string): string | null {
  const deployment =
    groups.get(model)?.deployments[0] ?? matchWildcard(wildcards, model)?.group.entries[0]?.deployment;
  return deployment?.provider ?? null;
}

/** A listed model is named by the pattern that leads to it; left out where another pattern would catch that name. */
function discoveredNames(table: Named, group: WildcardGroup, entry: CompiledEntry): string[] {
  const models = table.catalogue.get(addressOf(entry.deployment));
  if (models === undefined || entry.target.stars === 0) return [];
  return [...models.keys()].sort().flatMap((id) => {
    const captured = entry.target.captureWhole(id);
    const name = captured && group.pattern.fill(captured);
    if (name === null) return [];
    const match = matchWildcard(table.wildcards, name);
    return match?.group === group && upstreamModelFor(entry, match) === id ? [name] : [];
  });
}
