import { isJsonObject, type JsonObject, type JsonValue, picoUsdFrom, usdText } from '@app/call';
import { type Field, listOf, textOf, type Values } from './form-field.js';
import { objectIn } from './read-values.js';

/** The body that the API would get: every field has its member, null where it says nothing. */
export function bodyOf(fields: readonly Field[], values: Values): JsonObject {
  const body = Object.fromEntries(fields.map((field) => [field.wire, valueOf(field, values)]));
  return settled(body);
}

/** For something new: what says nothing is left out. */
export function newBody(fields: readonly Field[], values: Values): JsonObject {
  return Object.fromEntries(Object.entries(bodyOf(fields, values)).filter(([, value]) => !isNothing(value)));
}

/** For something that is there: only what differs. */
export function changesOf(fields: readonly Field[], before: Values, after: Values): JsonObject {
  const was = bodyOf(fields, before);
  const is = Object.entries(bodyOf(fields, after));
  return Object.fromEntries(
    is.filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name])),
  );
}

/** The fields as a row of the API fills them. */
export function valuesOf(fields: readonly Field[], row: Readonly<Record<string, unknown>>): Values {
  const { metadata } = row as { metadata?: JsonObject };
  const { tags, model_rpm_limit, model_tpm_limit, ...rest } = metadata ?? {};
  const all: Record<string, unknown> = { tags, model_rpm_limit, model_tpm_limit, ...row, metadata: rest };
  return Object.fromEntries(fields.map((field) => [field.id, shownValue(field, all[field.wire])]));
}

function valueOf({ id, kind }: Field, values: Values): JsonValue {
  const text = textOf(values, id);
  if (kind === 'picks') return [...listOf(values, id)];
  if (kind === 'words') return wordsIn(text);
  if (kind === 'json') return objectIn(text) ?? {};
  if (text === '') return null;
  return kind === 'count' || kind === 'number' ? Number(text) : text;
}

const wordsIn = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** Tags live in the metadata, patterns among the models, and a period is one of a budget. */
function settled(body: JsonObject): JsonObject {
  const { tags, more_models: more, ...rest } = body;
  const members: Record<string, JsonValue> = { ...rest };
  if (Array.isArray(tags) && isJsonObject(members['metadata'] ?? null)) {
    members['metadata'] = { ...(members['metadata'] as JsonObject), ...(tags.length > 0 && { tags }) };
  }
  if (Array.isArray(more)) {
    const named = (members['models'] as JsonValue[] | undefined) ?? [];
    members['models'] = [...new Set([...named, ...more])];
  }
  if (members['max_budget'] === null && 'budget_duration' in members) members['budget_duration'] = null;
  return members;
}

function isNothing(value: JsonValue): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function shownValue({ kind }: Field, value: unknown): string | string[] {
  if (kind === 'picks') return textsIn(value);
  if (kind === 'words') return textsIn(value).join(', ');
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') {
    return Object.keys(value).length === 0 ? '' : JSON.stringify(value, null, 2);
  }
  if (kind === 'money') return usdText(picoUsdFrom(value as number) ?? 0n);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

const textsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
