import { type ConfigNode, isBlank, type MappingNode } from './config-node.js';
import { ENVIRONMENT_DEFAULTS } from './environment-table.js';
import { type Findings } from './findings.js';

/** The variables that count: the environment, what config.yaml exports, and the defaults of the table. */
export class Variables {
  readonly #set: Map<string, string>;
  readonly #exported = new Map<string, ConfigNode>();

  constructor(env: NodeJS.ProcessEnv) {
    const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
    this.#set = new Map(set);
  }

  /** Null where it is neither set nor has a default. Empty counts as unset. */
  get(name: string): string | null {
    return this.#set.get(name) ?? ENVIRONMENT_DEFAULTS.get(name) ?? null;
  }

  /** True where someone set it, a default does not count. */
  has(name: string): boolean {
    return this.#set.has(name);
  }

  /** The place in config.yaml that set it, if it was not the environment. */
  exportedBy(name: string): ConfigNode | undefined {
    return this.#exported.get(name);
  }

  names(): string[] {
    return [...this.#set.keys()];
  }

  /** `environment_variables` of config.yaml: wins over the environment, never leaves this object. */
  export(section: MappingNode, findings: Findings): void {
    for (const [name, node] of section.entries) {
      if (node.kind !== 'scalar') {
        findings.problem(node, 'A variable holds one value.', 'Write text, a number, or true/false.');
      } else if (!isBlank(node)) {
        this.#set.set(name, node.text);
        this.#exported.set(name, node);
      }
    }
  }
}
