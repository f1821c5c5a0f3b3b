import { type Call, isJsonObject, type JsonObject, type JsonValue } from '@app/call';

const PREFIX = 'langfuse_';
/** What the gateway reads itself, or what is nobody else's business. */
const NOT_SHOWN =
  /^(?:trace_.*|existing_trace_id|update_trace_keys|generation_(?:id|name)|parent_observation_id|session_id|version|mask_(?:input|output)|tags|headers|endpoint|caching_groups|previous_models|logging|.*(?:api_key|secret|password|authorization).*)$/i;

/**
 * What the request says about its trace: `metadata` and `litellm_metadata` of the body, then the headers
 * `langfuse_*`, which win.
 */
export function traceMetadataOf({ body, traceHints }: Call): JsonObject {
  const merged: JsonObject = {};
  for (const field of ['litellm_metadata', 'metadata']) {
    const given = body.object[field];
    if (isJsonObject(given)) Object.assign(merged, given);
  }
  for (const [name, value] of Object.entries(traceHints ?? {})) {
    if (name.startsWith(PREFIX)) merged[name.slice(PREFIX.length)] = fromHeader(value);
  }
  return merged;
}

/** The part of it that is shown as metadata. */
export const shownMetadata = (metadata: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => !NOT_SHOWN.test(name)));

/** A text that is not empty, or a number as text. */
export function textOf(value: JsonValue | undefined): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 1_000) : null;
}

export const isTrue = (value: JsonValue | undefined): boolean =>
  value === true || (typeof value === 'string' && value.toLowerCase() === 'true');

/** A list of texts; headers give them with commas between. */
export function textsOf(value: JsonValue | undefined): string[] {
  const items = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [];
  return items.filter((item) => typeof item === 'string').map((item) => item.trim());
}

function fromHeader(value: string): JsonValue {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}
