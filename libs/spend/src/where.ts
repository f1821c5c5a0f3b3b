/** Conditions of a statement with their values; all of them must hold. */
export class Where {
  readonly values: unknown[] = [];
  private readonly conditions: string[] = [];

  /** Each `?` of `condition` takes the next of `values`. */
  add(condition: string, ...values: unknown[]): void {
    this.conditions.push(condition.replace(/\?/g, () => `$${this.values.push(values.shift())}`));
  }

  /** The number of a further value, outside the conditions. */
  place(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  get text(): string {
    return this.conditions.length === 0 ? '' : `WHERE ${this.conditions.join(' AND ')}`;
  }
}
