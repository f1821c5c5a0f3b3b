import { createHash } from 'node:crypto';
import { type Secret } from '@app/call';
import { type ModelEntry } from './app-config.js';
import { asList } from './collection-values.js';
import { type ConfigNode, emptyRecord, type MappingNode, overlay, scalarNode } from './config-node.js';
import { type Findings } from './findings.js';
import { readModelInfo, readPrices } from './model-info.js';
import { PARAMETERS, readParameters } from './model-parameters.js';
import { asHeaders, asUrl } from './network-values.js';
import { nearestName } from './nearest-name.js';
import { providerOf, providerVariables, withProvider } from './providers.js';
import { asCount, asName, asNumber, asSecondsMs, asSecret } from './scalar-values.js';
import { Section } from './section.js';
import { type Variables } from './variables.js';

export interface ModelReading {
  readonly findings: Findings;
  readonly variables: Variables;
  readonly credentials: ReadonlyMap<string, MappingNode>;
}

/** One entry of `model_list`, or null where it cannot be used; the findings say why. */
export function readModel(node: ConfigNode, reading: ModelReading): ModelEntry | null {
  const { findings } = reading;
  const entry = Section.of(node, node, findings);
  const modelName = entry.need('model_name', asName, 'Write the name that clients ask for.');
  const params = paramsOf(entry, reading);
  const model = readModelId(params);
  const info = Section.of(entry.entry('model_info'), node, findings);
  const modelInfo = readModelInfo(info);
  const prices = Object.assign(readPrices(info), readPrices(params));
  const settings = readDeployment(params);
  const upstream = readUpstream(params, model, reading.variables);
  const defaults = readParameters(params);
  params.finish('litellm_params', PARAMETERS);
  entry.finish('model_list');
  if (modelName === null || model === null) return null;
  modelInfo['id'] ??= deploymentId(modelName, entry.node);
  return { modelName, model, ...upstream, ...settings, defaults, modelInfo, prices };
}

/** `litellm_params` over the credential that it names. */
function paramsOf(entry: Section, { findings, credentials }: ModelReading): Section {
  const node = entry.entry('litellm_params');
  const params = Section.of(node, entry.node, findings);
  const name = params.read('litellm_credential_name', asName);
  if (name === null) return params;
  const values = credentials.get(name);
  if (values !== undefined) {
    const section = new Section(overlay(values, params.node), findings);
    section.entry('litellm_credential_name');
    return section;
  }
  const near = nearestName(name, credentials.keys());
  const remedy = near === null ? 'Add it to credential_list.' : `Did you mean \`${near}\`?`;
  findings.problem(
    params.entry('litellm_credential_name') ?? params.node,
    'No credential has this name.',
    remedy,
  );
  return params;
}

function readModelId(params: Section): string | null {
  const name = params.need('model', asName, 'Write provider and model: openai/qwen3-30b-a3b.');
  const provider = params.read('custom_llm_provider', asName);
  if (name === null) return null;
  const known = provider ?? providerOf(name);
  if (known !== null) return withProvider(known, name);
  const node = params.entry('model') ?? params.node;
  if (params.entry('api_base') ?? params.entry('base_url')) {
    params.findings.warn(node, `It names no provider; it is read as \`openai/${name}\`.`);
    return withProvider('openai', name);
  }
  return params.findings.problem(
    node,
    'The model names no provider that is known.',
    'Write it before the name: openai/qwen3-30b-a3b, with an api_base for a server of your own.',
  );
}

interface Upstream {
  readonly apiBase: string | null;
  readonly apiKey: Secret | null;
  readonly apiVersion: string | null;
}

/**
 * A key out of the environment goes only to the address that belongs to it: a model with an `api_base` of its own
 * never gets it.
 */
function readUpstream(params: Section, model: string | null, variables: Variables): Upstream {
  const written = params.read('base_url', asUrl);
  const apiBase = params.read('api_base', asUrl) ?? written;
  const apiKey = params.read('api_key', asSecret);
  const apiVersion = params.read('api_version', asName);
  const ownAddress = params.entry('api_base') ?? params.entry('base_url');
  if (model === null || ownAddress !== undefined) return { apiBase, apiKey, apiVersion };
  const { bases, key, version } = providerVariables(model.slice(0, model.indexOf('/')));
  const fromEnvironment = <T>(name: string, parse: (node: ConfigNode, findings: Findings) => T): T | null => {
    const value = variables.get(name);
    const place = { file: 'environment', line: null, column: null };
    return value === null ? null : parse(scalarNode(value, name, place), params.findings);
  };
  const base = bases.find((name) => variables.has(name));
  return {
    apiBase: base === undefined ? null : fromEnvironment(base, asUrl),
    apiKey: apiKey ?? fromEnvironment(key, asSecret),
    apiVersion: apiVersion ?? fromEnvironment(version, asName),
  };
}

type DeploymentSettings = Omit<
  ModelEntry,
  'modelName' | 'model' | 'apiBase' | 'apiKey' | 'apiVersion' | 'defaults' | 'modelInfo' | 'prices'
>;

function readDeployment(params: Section): DeploymentSettings {
  const retries = params.read('max_retries', asCount);
  return {
    timeoutMs: params.read('timeout', asSecondsMs),
    streamTimeoutMs: params.read('stream_timeout', asSecondsMs),
    connectTimeoutMs: params.read('connect_timeout', asSecondsMs),
    idleTimeoutMs: params.read('idle_timeout', asSecondsMs),
    numRetries: params.read('num_retries', asCount) ?? retries,
    cooldownMs: params.read('cooldown_time', asSecondsMs),
    weight: params.read('weight', asNumber()),
    order: params.read('order', asNumber({ min: -1_000_000, max: 1_000_000, whole: true })),
    rpm: params.read('rpm', asCount),
    tpm: params.read('tpm', asCount),
    maxParallelRequests: params.read('max_parallel_requests', asCount),
    tags: params.read('tags', asList(asName)) ?? [],
    extraHeaders: readExtraHeaders(params),
  };
}

function readExtraHeaders(params: Section): Record<string, string> {
  const headers = emptyRecord<string>();
  const organization = params.read('organization', asName);
  if (organization !== null) headers['openai-organization'] = organization;
  Object.assign(headers, params.read('default_headers', asHeaders), params.read('extra_headers', asHeaders));
  return headers;
}

/** The same entry has the same id on every machine and after every restart; keys that are quoted stay out of it. */
function deploymentId(modelName: string, entry: MappingNode): string {
  const params = entry.entries.get('litellm_params');
  const text = `${modelName}\n${params === undefined ? '' : writtenForm(params)}`;
  return createHash('sha256').update(text).digest('hex');
}

function writtenForm(node: ConfigNode): string {
  if (node.kind === 'scalar') return JSON.stringify(node.unresolved ?? node.value);
  if (node.kind === 'list') return `[${node.items.map(writtenForm).join()}]`;
  const names = [...node.entries.keys()].sort();
  const entries = names.map((name) => {
    const entry = node.entries.get(name);
    return `${JSON.stringify(name)}:${entry === undefined ? '' : writtenForm(entry)}`;
  });
  return `{${entries.join()}}`;
}
