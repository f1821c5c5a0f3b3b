import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';

/** A model that an upstream says it has. */
export interface DiscoveredModel {
  readonly id: string;
  /** Null where the upstream tells nothing of capabilities. */
  readonly capabilities: ReadonlySet<string> | null;
  readonly contextLength: number | null;
  readonly meta: JsonObject | null;
  /** `loaded` also while it is still loading; null where the upstream does not tell. */
  readonly status: 'loaded' | 'unloaded' | null;
}

/** Models by id, by the address they were found at. */
export type Catalogue = ReadonlyMap<string, ReadonlyMap<string, DiscoveredModel>>;

export const addressOf = (destination: { readonly origin: string; readonly basePath: string }): string =>
  destination.origin + destination.basePath;

/** More than any real upstream has; a listing beyond that is cut, not trusted. */
const MAX_MODELS = 2_000;
const MODEL_ID = /^[^\x00-\x20\x7f]{1,256}$/;

/**
 * Reads the answer to `GET /models`: an object with `data`, or a bare array, of objects with at least an `id`. Null
 * where it is neither. Entries without a usable id are left out; everything but the id may be missing.
 */
export function readListing(answer: JsonValue): ReadonlyMap<string, DiscoveredModel> | null {
  const list = isJsonObject(answer) ? answer['data'] : answer;
  if (!Array.isArray(list)) return null;
  const models = new Map<string, DiscoveredModel>();
  for (const item of list) {
    const model = isJsonObject(item) ? modelOf(item) : null;
    if (model) models.set(model.id, model);
    if (models.size >= MAX_MODELS) break;
  }
  return models;
}

function modelOf(item: JsonObject): DiscoveredModel | null {
  const { id } = item;
  if (typeof id !== 'string' || !MODEL_ID.test(id)) return null;
  const meta = isJsonObject(item['meta']) ? item['meta'] : null;
  return {
    id,
    capabilities: capabilitiesOf(item['capabilities']),
    contextLength: lengthOf(item['context_length']) ?? lengthOf(meta?.['n_ctx']),
    meta,
    status: statusOf(item['status']),
  };
}

/** llama-swap names only what is true: `{"vision":true}` says that there is no function calling. */
function capabilitiesOf(value: JsonValue | undefined): ReadonlySet<string> | null {
  if (!isJsonObject(value)) return null;
  return new Set(Object.keys(value).filter((name) => value[name] === true));
}

const lengthOf = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;

function statusOf(value: JsonValue | undefined): 'loaded' | 'unloaded' | null {
  const status = isJsonObject(value) ? value['value'] : null;
  return status === 'loaded' || status === 'unloaded' ? status : null;
}
