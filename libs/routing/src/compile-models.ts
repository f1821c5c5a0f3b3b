import { type Deployment, type JsonObject, type Timeouts } from '@app/call';
import { type AppConfig, type ModelEntry } from '@app/config';
import { compilePrice } from './compile-price.js';
import { ModelPattern } from './model-pattern.js';

/** A deployment as configured; for a wildcard `upstreamModel` still has its `*`. */
export interface PlannedDeployment extends Deployment {
  readonly weight: number | null;
  readonly rpm: number | null;
  readonly tpm: number | null;
}

export interface WildcardGroup {
  readonly pattern: ModelPattern;
  readonly deployments: readonly PlannedDeployment[];
}

/** Everything that planning needs, worked out once per configuration. */
export interface ModelTable {
  readonly groups: ReadonlyMap<string, readonly PlannedDeployment[]>;
  /** Longest pattern first. */
  readonly wildcards: readonly WildcardGroup[];
  readonly aliases: ReadonlyMap<string, { readonly model: string; readonly hidden: boolean }>;
}

const CONNECT_MS = 5_000;
const FIRST_BYTE_MS = 600_000;
const IDLE_MS = 120_000;
const OPENAI_BASE = 'https://api.openai.com/v1';

export function compileModels(config: Pick<AppConfig, 'models' | 'router' | 'litellm'>): ModelTable {
  const groups = new Map<string, PlannedDeployment[]>();
  for (const entry of config.models) {
    const deployment = deploymentOf(entry, config);
    const group = groups.get(entry.modelName);
    if (group) group.push(deployment);
    else groups.set(entry.modelName, [deployment]);
  }
  const wildcards = [...groups]
    .filter(([name]) => name.includes('*'))
    .map(([name, deployments]) => ({ pattern: new ModelPattern(name), deployments }))
    .sort((a, b) => b.pattern.rank - a.pattern.rank);
  for (const { pattern } of wildcards) groups.delete(pattern.pattern);
  return { groups, wildcards, aliases: new Map(Object.entries(config.router.modelGroupAlias)) };
}

function deploymentOf(entry: ModelEntry, config: Pick<AppConfig, 'router' | 'litellm'>): PlannedDeployment {
  const [provider, upstreamModel] = splitModel(entry.model);
  const base = new URL(entry.apiBase ?? OPENAI_BASE);
  const info = entry.modelInfo;
  return Object.freeze({
    id: typeof info['id'] === 'string' ? info['id'] : '',
    modelGroup: entry.modelName,
    provider,
    upstreamModel,
    origin: base.origin,
    basePath: base.pathname.replace(/\/+$/, ''),
    apiKey: entry.apiKey,
    extraHeaders: entry.extraHeaders,
    timeouts: timeoutsOf(entry, config),
    price: compilePrice(entry.prices, info),
    defaults: entry.defaults,
    maxInputTokens: countOf(info, 'max_input_tokens') ?? countOf(info, 'max_tokens'),
    maxOutputTokens: countOf(info, 'max_output_tokens'),
    supportsFunctionCalling: info['supports_function_calling'] !== false,
    weight: entry.weight,
    rpm: entry.rpm,
    tpm: entry.tpm,
  });
}

/** `provider/name`; a name without provider is served by an OpenAI-compatible server. */
function splitModel(model: string): [string, string] {
  const slash = model.indexOf('/');
  return slash < 0 ? ['openai', model] : [model.slice(0, slash), model.slice(slash + 1)];
}

function timeoutsOf(entry: ModelEntry, { router, litellm }: Pick<AppConfig, 'router' | 'litellm'>): Timeouts {
  const totalMs = entry.timeoutMs ?? router.timeoutMs ?? litellm.requestTimeoutMs;
  const firstByteMs = entry.streamTimeoutMs ?? router.streamTimeoutMs ?? FIRST_BYTE_MS;
  return Object.freeze({
    connectMs: entry.connectTimeoutMs ?? router.connectTimeoutMs ?? CONNECT_MS,
    firstByteMs: Math.min(firstByteMs, totalMs),
    idleMs: entry.idleTimeoutMs ?? router.idleTimeoutMs ?? IDLE_MS,
    totalMs,
  });
}

function countOf(info: JsonObject, name: string): number | null {
  const value = info[name];
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;
}
