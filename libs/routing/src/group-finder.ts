import { RecentMap } from '@app/call';
import { compileGroup } from './compile-group.js';
import { matchWildcard, upstreamModelFor } from './match-wildcard.js';
import { type ModelGroup, type ModelTable } from './model-table.js';

const REMEMBERED = 1_000;
/** Longer names are looked up each time: what is remembered must stay small whatever clients send. */
const MAX_REMEMBERED_LENGTH = 256;

/** Finds the group that a name belongs to, in one table. */
export class GroupFinder {
  readonly #remembered = new RecentMap<ModelGroup>(REMEMBERED);

  constructor(private readonly table: ModelTable) {}

  /** By its own name, else by the first pattern that it falls under; aliases are the caller's business. */
  find(name: string): ModelGroup | null {
    const group = this.table.groups.get(name) ?? this.#remembered.get(name);
    if (group) return group;
    const made = this.#make(name);
    if (made && name.length <= MAX_REMEMBERED_LENGTH) this.#remembered.set(name, made);
    return made;
  }

  #make(name: string): ModelGroup | null {
    const match = matchWildcard(this.table.wildcards, name);
    if (!match) return null;
    const members = match.group.entries
      .map((entry) => ({ entry, upstreamModel: upstreamModelFor(entry, match) }))
      .filter(({ upstreamModel }) => upstreamModel !== '');
    const { text } = match.group.pattern;
    return members.length === 0 ? null : compileGroup(text, members, this.table.catalogue);
  }
}
