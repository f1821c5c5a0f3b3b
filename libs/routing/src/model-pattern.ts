/** A model name with `*`: what it matches, and what each `*` stood for. */
export class ModelPattern {
  readonly #literals: readonly string[];
  /** How specific it is: longer first, then fewer `*`. */
  readonly rank: number;

  constructor(readonly pattern: string) {
    this.#literals = pattern.split('*');
    this.rank = pattern.length * 1_000 - this.#literals.length;
  }

  /**
   * The text of each `*`, or null where the name does not match. Takes each literal where it first
   * occurs, so the time is linear whatever pattern and name are.
   */
  captures(name: string): string[] | null {
    const [first = '', ...others] = this.#literals;
    const last = others.pop();
    if (last === undefined) return name === first ? [] : null;
    if (!name.startsWith(first)) return null;
    const end = name.length - last.length;
    const found: string[] = [];
    let at = first.length;
    for (const literal of others) {
      const next = name.indexOf(literal, at);
      if (next < 0) return null;
      found.push(name.slice(at, next));
      at = next + literal.length;
    }
    if (end < at || !name.endsWith(last)) return null;
    found.push(name.slice(at, end));
    return found;
  }
}

/**
 * Fills captured text into the `*`s of a target, in order. A target without `*` stays; where the counts
 * do not line up the requested name is used.
 */
export function fillPattern(target: string, captures: readonly string[], requested: string): string {
  const parts = target.split('*');
  if (parts.length === 1) return target;
  if (parts.length - 1 !== captures.length) return requested;
  return parts.map((part, index) => part + (captures[index] ?? '')).join('');
}
