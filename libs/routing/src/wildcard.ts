/** A name with `*` in it; each `*` stands for any text, as long as possible, the rest for itself. */
export class Wildcard {
  readonly #head: string;
  readonly #literals: readonly string[];

  constructor(readonly text: string) {
    const [head = '', ...literals] = text.split('*');
    this.#head = head;
    this.#literals = literals;
  }

  /** How many `*` it has. */
  get stars(): number {
    return this.#literals.length;
  }

  /**
   * What each `*` stands for when `name` is matched from its start; null where it does not match. What follows the
   * last literal part is of no account: `a*b` matches `axbx`.
   */
  capture(name: string): string[] | null {
    return this.#captureBefore(name, name.length);
  }

  /** The same for names that match from start to end. */
  captureWhole(name: string): string[] | null {
    const tail = this.#literals.at(-1);
    if (tail === undefined) return name === this.#head ? [] : null;
    return name.endsWith(tail) ? this.#captureBefore(name, name.length, name.length - tail.length) : null;
  }

  /** The name that comes of putting one text into each `*`; null where there are more or fewer of them. */
  fill(texts: readonly string[]): string | null {
    if (texts.length !== this.stars) return null;
    return this.#head + this.#literals.map((literal, index) => `${texts[index] ?? ''}${literal}`).join('');
  }

  /** From right to left, each literal at its last possible place: that makes every `*` before it longest. */
  #captureBefore(name: string, end: number, lastAt?: number): string[] | null {
    if (!name.startsWith(this.#head)) return null;
    const places: number[] = [];
    let limit = end;
    for (let index = this.#literals.length - 1; index >= 0; index--) {
      const literal = this.#literals[index] ?? '';
      const latest = limit - literal.length;
      const at = latest < 0 ? -1 : (lastAt ?? name.lastIndexOf(literal, latest));
      if (at < this.#head.length) return null;
      lastAt = undefined;
      places[index] = limit = at;
    }
    let from = this.#head.length;
    return places.map((at, index) => {
      const text = name.slice(from, at);
      from = at + (this.#literals[index]?.length ?? 0);
      return text;
    });
  }
}
