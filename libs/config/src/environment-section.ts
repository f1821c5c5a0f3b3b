import { type ConfigNode, type MappingNode, scalarNode } from './config-node.js';
import { ENVIRONMENT_DEFAULTS, ENVIRONMENT_TABLE } from './environment-table.js';
import { type Findings } from './findings.js';
import { nearestName } from './nearest-name.js';
import { type Fallback, type Parse, Section } from './section.js';
import { whyUnsupported } from './unsupported-keys.js';
import { type Variables } from './variables.js';

const NOWHERE = { line: null, column: null };
/** Other programs set thousands of names; only those that begin like ours are looked at for typing errors. */
const OUR_NAMES =
  /^(LITELLM|LANGFUSE|SEARXNG|JOURNAL|LLAMA_SWAP|OPENEDAI|STYLETTS2|FASTER_WHISPER|STORE_MODEL)_/;

/** The variables of the table, read and judged like a section of config.yaml. Empty ones have their default. */
export class EnvironmentSection extends Section {
  constructor(
    private readonly variables: Variables,
    findings: Findings,
  ) {
    super(toMapping(variables), findings, whereFrom);
  }

  /** True where somebody set it; a default does not count. */
  isSet(name: string): boolean {
    return this.variables.has(name);
  }

  /** The value of a variable that has a default in the table. */
  value<T>(name: string, parse: Parse<T>): T {
    return this.readOr(name, parse, ENVIRONMENT_DEFAULTS.get(name) ?? '');
  }

  /** The same for a setting of config.yaml that is absent. */
  fallback<T>(name: string, parse: Parse<T>): Fallback<T> {
    const node = this.entry(name) ?? this.node;
    const from = whereFrom(node);
    return {
      value: parse(node, this.findings) ?? this.value(name, parse),
      text: node.kind === 'scalar' ? node.text : '',
      from: from === 'environment' ? `environment, ${name}` : from,
    };
  }

  /** Warns of LiteLLM's variables that mean nothing here, and of names that look like a typing error. */
  warnOfUnknown(): void {
    const known = ENVIRONMENT_TABLE.map(({ name }) => name);
    for (const name of this.variables.names()) {
      const at = this.variables.exportedBy(name) ?? {
        path: name,
        place: { file: 'environment', ...NOWHERE },
      };
      const reason = whyUnsupported('environment', name);
      if (reason !== null) this.findings.warn(at, reason);
      else if (OUR_NAMES.test(name) && !known.includes(name)) {
        const near = nearestName(name, known);
        if (near !== null) this.findings.warn(at, `No variable has this name. Did you mean ${near}?`);
      }
    }
  }
}

function toMapping(variables: Variables): MappingNode {
  const rows = ENVIRONMENT_TABLE.filter((row) => row.composeOnly !== true);
  const entries = rows.flatMap(({ name }) => {
    const value = variables.get(name);
    return value === null ? [] : [[name, variableNode(name, value, variables)] as const];
  });
  return { kind: 'mapping', entries: new Map(entries), path: '', place: { file: 'environment', ...NOWHERE } };
}

function variableNode(name: string, value: string, variables: Variables): ConfigNode {
  const file = variables.has(name) ? 'environment' : 'default';
  return variables.exportedBy(name) ?? scalarNode(value, name, { file, ...NOWHERE });
}

/** `config.yaml, line 41`, `environment` or `default`. */
export function whereFrom({ place }: ConfigNode): string {
  return place.line === null ? place.file : `${place.file}, line ${place.line}`;
}
