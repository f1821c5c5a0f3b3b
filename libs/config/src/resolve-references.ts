import { type ConfigNode, type ScalarNode } from './config-node.js';
import { type Findings } from './findings.js';
import { nearestName } from './nearest-name.js';
import { type Variables } from './variables.js';

const REFERENCE = /os\.environ\/([A-Za-z_][A-Za-z0-9_]*)?/g;

/** Settings whose part of the gateway switches off where a variable is unset: telemetry never stops the boot. */
const SWITCHES_OFF =
  /^(callback_settings|litellm_settings\.(callbacks|\w+_callback|default_team_settings)|environment_variables\.LANGFUSE_)/;

export interface Resolving {
  readonly variables: Variables;
  readonly findings: Findings;
  /** Variables that may not be quoted here, with their reason. */
  readonly refused?: ReadonlySet<string>;
}

/** Replaces each `os.environ/NAME`, wherever it stands in a text, by the value of the variable. */
export function resolveReferences(node: ConfigNode, resolving: Resolving): ConfigNode {
  if (node.kind === 'scalar') return resolveScalar(node, resolving);
  if (node.kind === 'list') {
    return { ...node, items: node.items.map((item) => resolveReferences(item, resolving)) };
  }
  const entries = [...node.entries].map(
    ([name, entry]) => [name, resolveReferences(entry, resolving)] as const,
  );
  return { ...node, entries: new Map(entries) };
}

function resolveScalar(node: ScalarNode, resolving: Resolving): ScalarNode {
  if (typeof node.value !== 'string' || !node.value.includes('os.environ/')) return node;
  const values = [...node.value.matchAll(REFERENCE)].map(([, name]) =>
    name === undefined ? unnamed(node, resolving) : lookUp(name, node, resolving),
  );
  if (values.includes(null)) return { ...node, value: null, text: '', unresolved: node.value };
  const value = node.value.replace(REFERENCE, () => values.shift() ?? '');
  return { ...node, value, text: value, unresolved: node.value };
}

function unnamed(node: ScalarNode, { findings }: Resolving): null {
  return findings.problem(
    node,
    '`os.environ/` is not followed by the name of a variable.',
    'Write os.environ/NAME; a name has letters, digits and `_`.',
  );
}

function lookUp(name: string, node: ScalarNode, resolving: Resolving): string | null {
  const { variables, findings, refused } = resolving;
  if (refused?.has(name)) {
    return findings.problem(
      node,
      `${name} may not be used here.`,
      'Use a variable that is meant for upstreams.',
    );
  }
  const value = variables.get(name);
  if (value !== null) return value;
  if (SWITCHES_OFF.test(node.path))
    return findings.warn(node, `${name} is not set; this stays switched off.`);
  const near = nearestName(name, variables.names());
  const hint = near === null ? '' : ` (${near} is set: did you mean that?)`;
  return findings.problem(
    node,
    `The environment variable ${name} is not set${hint}.`,
    `Set ${name} in the environment or in .env, or write the value here.`,
  );
}
