import { type CompiledEntry } from './compile-deployment.js';
import { withInferredProvider } from './infer-provider.js';
import { type WildcardGroup } from './model-table.js';

/** The pattern that a name falls under. */
export interface WildcardMatch {
  readonly group: WildcardGroup;
  /** What each `*` of the pattern stands for. */
  readonly captured: readonly string[];
  /** The name as it matched: as it was asked for, or with the provider that it is known to belong to. */
  readonly name: string;
}

/** The first pattern that matches, the longest being asked first; the name is tried as it is, then with its provider. */
export function matchWildcard(wildcards: readonly WildcardGroup[], name: string): WildcardMatch | null {
  if (wildcards.length === 0) return null;
  const match = firstMatch(wildcards, name);
  if (match) return match;
  const inferred = withInferredProvider(name);
  return inferred === null ? null : firstMatch(wildcards, inferred);
}

function firstMatch(wildcards: readonly WildcardGroup[], name: string): WildcardMatch | null {
  for (const group of wildcards) {
    const captured = group.pattern.capture(name);
    if (captured) return { group, captured, name };
  }
  return null;
}

/**
 * The upstream's name for what the client asked for: the captured texts filled into the target, the target itself where
 * it has no `*`, the client's own text where the numbers of `*` differ.
 */
export function upstreamModelFor(entry: CompiledEntry, { captured, name }: WildcardMatch): string {
  if (entry.target.stars === 0) return entry.target.text;
  const filled = entry.target.fill(captured);
  if (filled !== null) return filled;
  const prefix = `${entry.deployment.provider}/`;
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}
