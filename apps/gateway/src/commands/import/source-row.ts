import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';

/** A row of LiteLLM's database as JSON. Columns that its version does not have are missing. */
export type SourceRow = JsonObject;

/** Null where it is empty, too. */
export function textIn(row: SourceRow, name: string): string | null {
  const value = row[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Floats that are no number come as text: `"Infinity"`. */
export function numberIn(row: SourceRow, name: string): number | null {
  const value = row[name];
  return typeof value === 'number' ? value : null;
}

export const flagIn = (row: SourceRow, name: string): boolean => row[name] === true;

/** Times are kept without a zone and mean UTC. */
export function timeIn(row: SourceRow, name: string): Date | null {
  const text = textIn(row, name);
  if (text === null) return null;
  const time = new Date(/(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(time.getTime()) ? null : time;
}

export function textsIn(row: SourceRow, name: string): string[] {
  return listIn(row, name).filter((item) => typeof item === 'string' && item !== '') as string[];
}

export function listIn(row: SourceRow, name: string): readonly JsonValue[] {
  const value = unwrapped(row[name]);
  return Array.isArray(value) ? value : [];
}

export function objectIn(row: SourceRow, name: string): JsonObject {
  const value = unwrapped(row[name]);
  return isJsonObject(value) ? value : {};
}

/** From text to text; what is neither is left out. */
export function textMapIn(row: SourceRow, name: string): Record<string, string> {
  const pairs = Object.entries(objectIn(row, name)).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** Some versions have stored the text of JSON in a column for JSON. */
function unwrapped(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}

/** Whether a column says anything at all. */
export function saysSomething(value: JsonValue | undefined): boolean {
  const told = unwrapped(value);
  if (told === null || told === undefined || told === '' || told === false) return false;
  if (Array.isArray(told)) return told.length > 0;
  return isJsonObject(told) ? Object.keys(told).length > 0 : true;
}
