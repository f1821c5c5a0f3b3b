import { Secret } from '@app/call';
import {
  type ConfigNode,
  emptyMapping,
  isBlank,
  kindOf,
  type MappingNode,
  scalarNode,
} from './config-node.js';
import { type Findings, type Located } from './findings.js';
import { nearestName } from './nearest-name.js';
import { whyUnsupported } from './unsupported-keys.js';

/** Judges one value: gives it in its own type, or reports the problem and gives null. */
export type Parse<T> = (node: ConfigNode, findings: Findings) => T | null;

/** What holds where a setting is absent, and where that comes from. */
export interface Fallback<T> {
  readonly value: T;
  readonly text: string;
  readonly from: string;
}

/**
 * A mapping of settings that are asked for by name. What was never asked for is unknown, and {@link finish} says so:
 * the code that reads a setting is the only list of the settings that exist.
 */
export class Section {
  readonly #asked = new Set<string>();

  constructor(
    readonly node: MappingNode,
    readonly findings: Findings,
    /** Where values come from, for a section that people see in the list of settings in effect. */
    private readonly listedFrom?: (node: ConfigNode) => string,
  ) {}

  /** The section that `node` holds; empty where it holds none, with a problem where it holds something else. */
  static of(node: ConfigNode | undefined, at: Located, findings: Findings): Section {
    return new Section(Section.mapping(node, at, findings), findings);
  }

  static mapping(node: ConfigNode | undefined, at: Located, findings: Findings): MappingNode {
    if (node?.kind === 'mapping') return node;
    if (node !== undefined && !isBlank(node)) {
      findings.problem(
        node,
        `Settings belong here, but it is ${kindOf(node)}.`,
        'Indent `name: value` lines below it.',
      );
    }
    return emptyMapping(at.path, at.place);
  }

  /** The value as written; undefined where it is absent or empty. */
  entry(name: string): ConfigNode | undefined {
    this.#asked.add(name);
    const node = this.node.entries.get(name);
    return isBlank(node) ? undefined : node;
  }

  read<T>(name: string, parse: Parse<T>): T | null {
    const node = this.entry(name);
    if (node === undefined) return null;
    const value = parse(node, this.findings);
    if (this.listedFrom)
      this.#list(name, value instanceof Secret ? 'set' : shown(node), this.listedFrom(node));
    return value;
  }

  /** `fallback` is written as people would write it, and parsed like a value of theirs; or it comes from elsewhere. */
  readOr<T>(name: string, parse: Parse<T>, fallback: string | Fallback<T>): T {
    const given = this.read(name, parse);
    if (given !== null) return given;
    const { value, text, from } =
      typeof fallback === 'string' ? this.#parsed(name, parse, fallback) : fallback;
    if (this.listedFrom && this.entry(name) === undefined) this.#list(name, text, from);
    return value;
  }

  #parsed<T>(name: string, parse: Parse<T>, text: string): Fallback<T> {
    const value = parse(scalarNode(text, name, this.node.place), this.findings);
    if (value === null) throw new Error(`The default of ${name} is no valid value.`);
    return { value, text, from: 'default' };
  }

  /** Like {@link read}, and its absence is a problem. */
  need<T>(name: string, parse: Parse<T>, remedy: string): T | null {
    const written = this.node.entries.get(name);
    const reported = written?.kind === 'scalar' && written.unresolved !== undefined;
    if (this.entry(name) === undefined && !reported) {
      return this.findings.problem(written ?? this.node, `\`${name}\` is missing.`, remedy);
    }
    return this.read(name, parse);
  }

  #list(name: string, value: string, from: string): void {
    const fullName = this.node.path === '' ? name : `${this.node.path}.${name}`;
    if (this.findings.settings.some((setting) => setting.name === fullName)) return;
    this.findings.settings.push({ name: fullName, value, from });
  }

  get asked(): ReadonlySet<string> {
    return this.#asked;
  }

  /** The entries that nobody asked for. */
  rest(): [name: string, node: ConfigNode][] {
    return [...this.node.entries].filter(([name]) => !this.#asked.has(name));
  }

  /**
   * Warns of every setting that nobody asked for. `kind` names the table of LiteLLM's own settings, `alsoKnown` what
   * would have been asked for had it been there.
   */
  finish(kind: string, alsoKnown: Iterable<string> = []): void {
    for (const [name, node] of this.rest()) {
      const reason = whyUnsupported(kind, name);
      if (reason === null) {
        const near = nearestName(name, [...this.#asked, ...alsoKnown]);
        const hint = near === null ? '' : ` Did you mean \`${near}\`?`;
        this.findings.warn(node, `There is no such setting; it is ignored.${hint}`);
      } else if (saysSomething(node)) this.findings.warn(node, reason);
    }
  }
}

/** Off, empty and absent mean the same: what is not supported needs no warning then. */
function saysSomething(node: ConfigNode): boolean {
  if (node.kind === 'list') return node.items.length > 0;
  if (node.kind === 'mapping') return node.entries.size > 0;
  return !isBlank(node) && !/^(false|no|off|0)$/i.test(node.text);
}

function brief(node: ConfigNode): string {
  return node.kind === 'scalar' ? node.text : '…';
}

function shown(node: ConfigNode): string {
  if (node.kind === 'scalar') return node.text;
  const texts =
    node.kind === 'list'
      ? node.items.map(brief)
      : [...node.entries].map(([name, entry]) => `${name}: ${brief(entry)}`);
  return texts.join(', ');
}
