import { type Deployment } from '@app/call';
import { type ModelEntry } from '@app/config';
import { addressOf, type Catalogue } from './catalogue.js';
import { compileDeployment, type CompiledEntry, type RoutingSettings } from './compile-deployment.js';
import { compileGroup } from './compile-group.js';
import { listNames } from './list-names.js';
import { type ModelTable } from './model-table.js';
import { Wildcard } from './wildcard.js';

/** @param catalogue what the upstreams say they have; empty before their first answer */
export function compileModels(
  entries: readonly ModelEntry[],
  settings: RoutingSettings,
  catalogue: Catalogue = new Map(),
): ModelTable {
  const compiled = entries.map((entry) => compileDeployment(entry, settings));
  const usable = compiled.filter((entry) => typeof entry !== 'string');
  const byName = [...Map.groupBy(usable, ({ deployment }) => deployment.modelGroup)];
  const table = {
    groups: new Map(
      byName
        .filter(([name]) => !name.includes('*'))
        .map(([name, members]) => [name, compileGroup(name, members.map(asConfigured), catalogue)]),
    ),
    aliases: new Map(Object.entries(settings.modelGroupAlias)),
    wildcards: byName
      .filter(([name]) => name.includes('*'))
      .map(([name, members]) => ({ pattern: new Wildcard(name), entries: members }))
      .sort((a, b) => bySpecificity(a.pattern, b.pattern)),
    accessGroups: accessGroupsOf(usable),
    catalogue,
    discoverable: discoverableOf(usable),
    warnings: compiled.flatMap((entry) => (typeof entry === 'string' ? [entry] : entry.warnings)),
  };
  return Object.freeze({ ...table, listed: listNames(table) });
}

const asConfigured = (entry: CompiledEntry): { entry: CompiledEntry; upstreamModel: string } => ({
  entry,
  upstreamModel: entry.target.text,
});

/** Longer patterns say more; of two of one length the one with more `*` goes first. */
const bySpecificity = (a: Wildcard, b: Wildcard): number =>
  b.text.length - a.text.length || b.stars - a.stars;

function accessGroupsOf(entries: readonly CompiledEntry[]): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const { accessGroups, deployment } of entries) {
    for (const name of accessGroups) {
      groups.set(name, (groups.get(name) ?? new Set<string>()).add(deployment.modelGroup));
    }
  }
  return groups;
}

function discoverableOf(entries: readonly CompiledEntry[]): Deployment[] {
  const byAddress = new Map<string, Deployment>();
  for (const { deployment, isDiscovered } of entries) {
    const address = addressOf(deployment);
    if (isDiscovered && !byAddress.has(address)) byAddress.set(address, deployment);
  }
  return [...byAddress.values()];
}
