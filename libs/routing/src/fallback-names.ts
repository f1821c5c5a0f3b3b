import { type RoutingWishes } from '@app/call';
import { type RouterSettings } from '@app/config';
import { type FallbackKind } from './judge-failure.js';

export type FallbackSettings = Pick<
  RouterSettings,
  'fallbacks' | 'contextWindowFallbacks' | 'contentPolicyFallbacks' | 'defaultFallbacks'
>;

const NONE: readonly string[] = Object.freeze([]);

/**
 * The models to fall back to after a failure of one kind: those that the client names, else those configured for the
 * kind, else those for every kind, else those for every model.
 * @param names of the model that failed: as asked for, and what that stands for
 */
export function fallbackNames(
  settings: FallbackSettings,
  kind: FallbackKind,
  names: readonly string[],
  wishes: RoutingWishes,
): readonly string[] {
  if (kind === 'contextWindow' && wishes.contextWindowFallbacks) return wishes.contextWindowFallbacks;
  if (wishes.fallbacks) return wishes.fallbacks;
  return (
    (kind === 'contextWindow' ? entryFor(settings.contextWindowFallbacks, names) : null) ??
    (kind === 'contentPolicy' ? entryFor(settings.contentPolicyFallbacks, names) : null) ??
    entryFor(settings.fallbacks, names) ??
    own(settings.fallbacks, '*') ??
    (settings.defaultFallbacks.length > 0 ? settings.defaultFallbacks : NONE)
  );
}

/** By the name itself, then by what follows the provider in it. */
function entryFor(
  record: Readonly<Record<string, readonly string[]>>,
  names: readonly string[],
): readonly string[] | null {
  const bare = names.map((name) => name.slice(name.indexOf('/') + 1));
  for (const name of [...names, ...bare]) {
    const entry = own(record, name);
    if (entry) return entry;
  }
  return null;
}

const own = (record: Readonly<Record<string, readonly string[]>>, name: string): readonly string[] | null =>
  Object.hasOwn(record, name) ? (record[name] ?? null) : null;

/** Whether anything is configured at all. */
export function hasFallbacks(settings: FallbackSettings): boolean {
  return (
    settings.defaultFallbacks.length > 0 ||
    [settings.fallbacks, settings.contextWindowFallbacks, settings.contentPolicyFallbacks].some(
      (record) => Object.keys(record).length > 0,
    )
  );
}
