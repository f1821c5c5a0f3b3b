import { Injectable } from '@nestjs/common';
import { type Outcome } from '@app/call';

/** 200 models by about 60 series each stay well below the 20,000 series that a scrape may have. */
const MAX_LABELS = 200;
const OTHER = 'other';

/** Which model names may appear in metrics: those that exist, and of them the first 200 that are called. */
@Injectable()
export class ModelLabels {
  readonly #granted = new Set<string>();
  #known: ReadonlySet<string> = new Set();

  /** The names that exist: configured ones without a wildcard, aliases, and what upstreams list. */
  replace(known: Iterable<string>): void {
    this.#known = new Set(known);
  }

  /** The name that the client used where it exists, else that of the group that served it, else `other`. */
  of({ call, deployment }: Outcome): string {
    if (this.#granted.has(call.model)) return call.model;
    if (this.#known.has(call.model)) return this.#grant(call.model);
    const group = deployment?.modelGroup;
    return group !== undefined && this.#known.has(group) ? this.#grant(group) : OTHER;
  }

  #grant(name: string): string {
    if (this.#granted.has(name)) return name;
    if (this.#granted.size >= MAX_LABELS) return OTHER;
    this.#granted.add(name);
    return name;
  }
}
