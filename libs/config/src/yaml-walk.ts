import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Place } from './config-error.js';
import { childPath, type ConfigNode, kindOf, type MappingNode, type ScalarNode } from './config-node.js';
import { type Findings } from './findings.js';

/** How many values all aliases of a file may add; a few dozen is what people write. */
const ALIASED_VALUES = 10_000;
const DEEPEST = 64;

interface Step {
  readonly path: string;
  readonly place: Place;
  readonly depth: number;
  /** Aliases that are being expanded around this value. */
  readonly within: readonly Node[];
}

/** Walks a parsed document once and gives each value its path and place. */
export class YamlWalk {
  readonly #targets = new Map<Alias, Node>();
  #aliasedValues = 0;

  constructor(
    private readonly document: Document.Parsed,
    private readonly placeAt: (offset: number) => Place,
    private readonly findings: Findings,
  ) {
    this.#resolveAliases();
  }

  root(): ConfigNode | null {
    const node = this.document.contents;
    if (node === null) return null;
    return this.#convert(node, { path: '', place: this.#place(node), depth: 0, within: [] });
  }

  /** One pass in the order of the document: an alias means the nearest anchor above it. */
  #resolveAliases(): void {
    const anchors = new Map<string, Node>();
    visit(this.document, {
      Node: (_key, node) => {
        if (isAlias(node)) {
          const target = anchors.get(node.source);
          if (target) this.#targets.set(node, target);
        } else if (node.anchor) anchors.set(node.anchor, node);
      },
    });
  }

  #place(node: Node): Place {
    return this.placeAt(node.range?.[0] ?? 0);
  }

  #convert(node: Node, step: Step): ConfigNode | null {
    if (step.within.length > 0 && ++this.#aliasedValues > ALIASED_VALUES) return this.#tooManyAliases(step);
    if (step.depth > DEEPEST) {
      return this.findings.problem(step, 'The values are nested too deeply.', 'Nest them less deeply.');
    }
    if (isAlias(node)) return this.#expand(node, step);
    if (isMap(node)) return this.#mapping(node, step);
    if (isSeq(node)) return this.#list(node, step);
    return isScalar(node) ? scalar(node.value, node.source, step) : null;
  }

  #tooManyAliases(step: Step): null {
    if (this.#aliasedValues > ALIASED_VALUES + 1) return null;
    return this.findings.problem(
      step,
      `The aliases of this file (\`*name\`) stand for more than ${ALIASED_VALUES} values.`,
      'Write the values out, or use fewer aliases.',
    );
  }

  #expand(alias: Alias, step: Step): ConfigNode | null {
    const target = this.#targets.get(alias);
    if (!target) {
      return this.findings.problem(
        step,
        `No anchor \`&${alias.source}\` stands above this alias.`,
        'Write the anchor first, or put the value into quotes if it is meant to begin with `*`.',
      );
    }
    if (step.within.includes(target)) {
      return this.findings.problem(step, `The alias \`*${alias.source}\` holds itself.`, 'Remove it.');
    }
    return this.#convert(target, { ...step, within: [...step.within, target] });
  }

  #list(node: YAMLSeq, step: Step): ConfigNode {
    const items = node.items.flatMap((item, index) => {
      if (!isNode(item)) return [];
      const path = `${step.path}[${index}]`;
      const next = { ...step, path, place: this.#place(item), depth: step.depth + 1 };
      return this.#convert(item, next) ?? [];
    });
    return { kind: 'list', items, path: step.path, place: step.place };
  }

  #mapping(node: YAMLMap, step: Step): MappingNode {
    const own = new Map<string, ConfigNode>();
    const merged = new Map<string, ConfigNode>();
    for (const pair of node.items) {
      const named = this.#name(pair, step);
      if (named === null) continue;
      const path = named.name === '<<' ? step.path : childPath(step.path, named.name);
      const at = { ...step, path, place: named.place, depth: step.depth + 1 };
      const value = isNode(pair.value) ? this.#convert(pair.value, at) : scalar(null, '', at);
      if (named.name === '<<') this.#merge(value, merged);
      else if (value !== null) this.#add(own, named.name, value);
    }
    return { kind: 'mapping', entries: new Map([...merged, ...own]), path: step.path, place: step.place };
  }

  #name(pair: Pair, step: Step): { name: string; place: Place } | null {
    const key = pair.key;
    if (!isScalar(key) || key.value === null) {
      const place = isNode(key) ? this.#place(key) : step.place;
      return this.findings.problem(
        { ...step, place },
        'The name of a setting is missing or is no text.',
        'Write `name: value`.',
      );
    }
    const name = typeof key.value === 'string' ? key.value : (key.source ?? '');
    const place = this.#place(key);
    if (name !== '__proto__') return { name, place };
    return this.findings.warn({ path: step.path, place }, '`__proto__` is no setting; it is ignored.');
  }

  #add(entries: Map<string, ConfigNode>, name: string, value: ConfigNode): void {
    const first = entries.get(name);
    if (!first) entries.set(name, value);
    else {
      this.findings.problem(
        value,
        `\`${name}\` is written twice; first in line ${first.place.line ?? 1}.`,
        'Keep one of them.',
      );
    }
  }

  #merge(value: ConfigNode | null, merged: Map<string, ConfigNode>): void {
    const sources = value?.kind === 'list' ? value.items : [value];
    for (const source of sources) {
      if (source === null) continue;
      if (source.kind !== 'mapping') {
        this.findings.problem(
          source,
          `\`<<\` is given ${kindOf(source)}.`,
          'Give it an alias of a mapping: `<<: *name`.',
        );
        continue;
      }
      for (const [name, entry] of source.entries) if (!merged.has(name)) merged.set(name, entry);
    }
  }
}

function scalar(value: unknown, source: string | undefined, at: Step): ScalarNode {
  const plain = isPlain(value) ? value : (source ?? '');
  const text = typeof plain === 'string' ? plain : (source ?? String(plain));
  return { kind: 'scalar', value: plain, text, path: at.path, place: at.place };
}

function isPlain(value: unknown): value is ScalarNode['value'] {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
