import { createHash } from 'node:crypto';
import { type ModelEntry } from './app-config.js';
import { type ConfigNode, type MappingNode } from './config-node.js';
import { type Findings } from './findings.js';
import { type ModelReading, readModel } from './read-model.js';
import { asName } from './scalar-values.js';
import { Section } from './section.js';

const MOST_MODELS = 10_000;

/** All of `model_list`. */
export function readModels(list: ConfigNode | undefined, reading: ModelReading): ModelEntry[] {
  if (list === undefined) return [];
  const { findings } = reading;
  if (list.kind !== 'list') {
    findings.problem(list, 'model_list is no list.', 'Begin each model with `- model_name: …`.');
    return [];
  }
  if (list.items.length > MOST_MODELS) {
    findings.problem(
      list,
      `model_list has more than ${MOST_MODELS} entries.`,
      'Use a wildcard: `model_name: "*"`.',
    );
    return [];
  }
  const ids = new Map<string, ConfigNode>();
  return list.items.flatMap((node) => {
    const model = readModel(node, reading);
    return model === null ? [] : withOwnId(model, node, ids, findings);
  });
}

/** Two entries may not share an id: what is counted for one would be counted for both. */
function withOwnId(
  model: ModelEntry,
  node: ConfigNode,
  ids: Map<string, ConfigNode>,
  findings: Findings,
): ModelEntry {
  const id = idOf(model);
  const first = ids.get(id);
  ids.set(id, node);
  if (first === undefined) return model;
  if (hasWrittenId(node)) {
    findings.problem(
      node,
      `The model_info.id is that of ${first.path}.`,
      'Give each entry an id of its own, or none.',
    );
    return model;
  }
  findings.warn(node, `It repeats ${first.path} word for word; both are used.`);
  const ownId = createHash('sha256').update(`${id}\n${node.path}`).digest('hex');
  ids.set(ownId, node);
  return { ...model, modelInfo: { ...model.modelInfo, id: ownId } };
}

function idOf({ modelInfo }: ModelEntry): string {
  const id = modelInfo['id'];
  return typeof id === 'string' ? id : '';
}

function hasWrittenId(node: ConfigNode): boolean {
  const info = node.kind === 'mapping' ? node.entries.get('model_info') : undefined;
  return info?.kind === 'mapping' && info.entries.has('id');
}

/** `credential_list`: what models name in `litellm_credential_name`. */
export function readCredentials(list: ConfigNode | undefined, findings: Findings): Map<string, MappingNode> {
  const credentials = new Map<string, MappingNode>();
  if (list === undefined) return credentials;
  if (list.kind !== 'list') {
    findings.problem(
      list,
      'credential_list is no list.',
      'Begin each credential with `- credential_name: …`.',
    );
    return credentials;
  }
  for (const item of list.items) {
    const section = Section.of(item, item, findings);
    const name = section.need('credential_name', asName, 'Write the name that models use.');
    const values = Section.of(section.entry('credential_values'), section.node, findings).node;
    section.entry('credential_info');
    section.finish('credential_list');
    if (name === null) continue;
    if (credentials.has(name))
      findings.problem(item, 'Another credential has this name.', 'Rename one of them.');
    credentials.set(name, values);
  }
  return credentials;
}
