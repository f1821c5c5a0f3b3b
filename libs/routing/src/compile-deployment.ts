import { type Deployment, type JsonObject, type JsonValue, type Timeouts } from '@app/call';
import { type LitellmSettings, type ModelEntry, type RouterSettings } from '@app/config';
import { providerNamed } from '@app/upstream';
import { compilePrice } from './compile-price.js';
import { Wildcard } from './wildcard.js';

const CONNECT_MS = 5_000;
/** A model may have to be loaded first. */
const FIRST_BYTE_MS = 600_000;
const IDLE_MS = 120_000;
/** They have no endpoint that speaks OpenAI's protocol at an address alone. */
const FOREIGN_PROTOCOLS = new Set(['bedrock', 'sagemaker', 'vertex_ai']);

export type RoutingSettings = Pick<
  RouterSettings,
  'timeoutMs' | 'streamTimeoutMs' | 'connectTimeoutMs' | 'idleTimeoutMs' | 'modelGroupAlias'
> &
  Pick<LitellmSettings, 'requestTimeoutMs'>;

/** An entry of the model list, ready to be routed to. */
export interface CompiledEntry {
  readonly deployment: Deployment;
  /** The upstream's model name, with its wildcards. */
  readonly target: Wildcard;
  /** As configured; null leaves it to what the upstream says. */
  readonly supportsFunctionCalling: boolean | null;
  readonly shares: Pick<
    ModelEntry,
    'weight' | 'rpm' | 'tpm' | 'order' | 'maxParallelRequests' | 'tags' | 'numRetries' | 'cooldownMs'
  >;
  readonly accessGroups: readonly string[];
  /** Its upstream is asked which models it has. */
  readonly isDiscovered: boolean;
  readonly warnings: readonly string[];
}

/** Compiles one entry; a text says why it cannot be used. */
export function compileDeployment(entry: ModelEntry, settings: RoutingSettings): CompiledEntry | string {
  const { provider, upstreamModel } = splitModel(entry.model);
  if (FOREIGN_PROTOCOLS.has(provider)) {
    return `${entry.modelName}: the provider ${provider} speaks a protocol that is not supported; the entry is not used.`;
  }
  const known = providerNamed(provider);
  const base = URL.parse(entry.apiBase ?? known.base ?? '');
  if (!base) {
    return `${entry.modelName}: there is no api_base, and none is known for ${provider}; the entry is not used.`;
  }
  const { price, unused } = compilePrice(entry.prices);
  const info = entry.modelInfo;
  const supportsFunctionCalling = flagOf(info['supports_function_calling']);
  const deployment: Deployment = {
    id: typeof info['id'] === 'string' ? info['id'] : entry.modelName,
    modelGroup: entry.modelName,
    provider,
    upstreamModel,
    origin: base.origin,
    ...known.place({ base, apiVersion: entry.apiVersion }),
    apiKey: entry.apiKey,
    keyHeader: known.keyHeader,
    protocol: known.protocol,
    refusesStreamOptions: known.refusesStreamOptions,
    extraHeaders: { ...known.headers, ...entry.extraHeaders },
    timeouts: timeoutsOf(entry, settings),
    price,
    defaults: entry.defaults,
    maxInputTokens: countOf(info['max_input_tokens']),
    maxOutputTokens: countOf(info['max_output_tokens']) ?? countOf(info['max_tokens']),
    supportsFunctionCalling: supportsFunctionCalling ?? true,
    ...speechPartsOf(info),
  };
  return {
    deployment: Object.freeze(deployment),
    target: new Wildcard(upstreamModel),
    supportsFunctionCalling,
    shares: sharesOf(entry),
    accessGroups: textsOf(info['access_groups']),
    isDiscovered: known.listsModels && (entry.modelName.includes('*') || info['discover'] === true),
    warnings: unused.map((name) => `${entry.modelName}: nothing is charged by \`${name}\`.`),
  };
}

function sharesOf(entry: ModelEntry): CompiledEntry['shares'] {
  const { weight, rpm, tpm, order, maxParallelRequests, tags, numRetries, cooldownMs } = entry;
  return { weight, rpm, tpm, order, maxParallelRequests, tags, numRetries, cooldownMs };
}

/** `openai/qwen3-30b-a3b`; what follows the first slash may have slashes of its own. */
function splitModel(model: string): { readonly provider: string; readonly upstreamModel: string } {
  const slash = model.indexOf('/');
  if (slash < 1) return { provider: 'openai', upstreamModel: model };
  return { provider: model.slice(0, slash), upstreamModel: model.slice(slash + 1) };
}

function timeoutsOf(entry: ModelEntry, settings: RoutingSettings): Timeouts {
  const explicitMs = entry.timeoutMs ?? settings.timeoutMs;
  const totalMs = explicitMs ?? settings.requestTimeoutMs;
  const firstByteMs = entry.streamTimeoutMs ?? settings.streamTimeoutMs ?? explicitMs ?? FIRST_BYTE_MS;
  return Object.freeze({
    connectMs: entry.connectTimeoutMs ?? settings.connectTimeoutMs ?? CONNECT_MS,
    firstByteMs: Math.min(firstByteMs, totalMs),
    idleMs: Math.min(entry.idleTimeoutMs ?? settings.idleTimeoutMs ?? IDLE_MS, totalMs),
    totalMs,
  });
}

const countOf = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && value >= 0 ? Math.floor(value) : null;

function speechPartsOf(info: JsonObject): Pick<Deployment, 'speechPartCharacters'> {
  const speechPartCharacters = countOf(info['speech_part_characters']);
  return speechPartCharacters === null ? {} : { speechPartCharacters };
}

const flagOf = (value: JsonValue | undefined): boolean | null => (typeof value === 'boolean' ? value : null);

const textsOf = (value: JsonObject[string] | undefined): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
