import { type JsonObject } from '@app/call';
import { type ModelEntry } from './app-config.js';
import { ConfigError } from './config-error.js';
import { nodeFromJson } from './config-node.js';
import { deepFreeze } from './deep-freeze.js';
import { ENVIRONMENT_TABLE } from './environment-table.js';
import { Findings } from './findings.js';
import { readModel } from './read-model.js';
import { resolveReferences } from './resolve-references.js';
import { Variables } from './variables.js';

/** The gateway's own secrets: whoever may add a model may not have them sent to an address of his choice. */
const OWN_SECRETS: ReadonlySet<string> = new Set(
  ENVIRONMENT_TABLE.filter((row) => row.secret === true && row.section !== 'Backends').map(
    ({ name }) => name,
  ),
);

/** A model that may be used, and what is odd about it: one sentence each. */
export interface StoredModel {
  readonly entry: ModelEntry;
  readonly warnings: readonly string[];
}

/**
 * Judges a model that comes from the management API or the database by the rules of `model_list`.
 * `os.environ/NAME` is resolved against `env`, but never to a secret of the gateway itself.
 * @throws ConfigError with every problem; paths begin with `litellm_params`, `model_info` or `model_name`.
 */
export function readStoredModel(model: JsonObject, env: NodeJS.ProcessEnv): StoredModel {
  const findings = new Findings();
  const variables = new Variables(env);
  const written = nodeFromJson(model, '', { file: 'model', line: null, column: null });
  const node = resolveReferences(written, { variables, findings, refused: OWN_SECRETS });
  const entry = readModel(node, { findings, variables, credentials: new Map() });
  if (entry === null || findings.problems.length > 0) throw new ConfigError(findings.problems);
  return deepFreeze({ entry, warnings: findings.warnings });
}
