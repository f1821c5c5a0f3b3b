import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';

/** A JSON array; nothing where there is none. */
export const listOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value) ? value : [];

/** The objects of a JSON array. */
export const objectsOf = (value: JsonValue | undefined): readonly JsonObject[] =>
  listOf(value).filter((item) => isJsonObject(item));

export const textIn = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
