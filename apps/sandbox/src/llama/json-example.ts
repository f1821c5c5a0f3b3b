import { isObject, listAt, numberAt, objectAt, textAt, type JsonObject } from '../core/json.js';

const MAX_DEPTH = 12;

/** A value that a JSON schema accepts; strings are filled with `text`. */
export function exampleOf(schema: JsonObject, text: string, depth = 0): unknown {
  if (depth > MAX_DEPTH) return null;
  if ('const' in schema) return schema['const'];
  const [first] = listAt(schema, 'enum');
  if (first !== undefined) return first;
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const [option] = listAt(schema, keyword);
    if (isObject(option)) return exampleOf(option, text, depth + 1);
  }
  const type = Array.isArray(schema['type']) ? (schema['type'] as unknown[])[0] : schema['type'];
  switch (type) {
    case 'string':
      return exampleString(schema, text);
    case 'integer':
    case 'number':
      return numberAt(schema, 'minimum') ?? Math.min(42, numberAt(schema, 'maximum') ?? 42);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return exampleArray(schema, text, depth);
    default:
      return exampleObject(schema, text, depth);
  }
}

function exampleObject(schema: JsonObject, text: string, depth: number): JsonObject {
  const properties = Object.entries(objectAt(schema, 'properties'));
  return Object.fromEntries(
    properties.map(([name, property]) => [
      name,
      exampleOf(isObject(property) ? property : {}, text, depth + 1),
    ]),
  );
}

function exampleArray(schema: JsonObject, text: string, depth: number): unknown[] {
  const length = Math.max(1, numberAt(schema, 'minItems') ?? 1);
  return Array.from({ length }, () => exampleOf(objectAt(schema, 'items'), text, depth + 1));
}

const FORMATS: Record<string, string> = {
  date: '2026-01-02',
  'date-time': '2026-01-02T03:04:05Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function exampleString(schema: JsonObject, text: string): string {
  const formatted = FORMATS[textAt(schema, 'format') ?? ''];
  if (formatted !== undefined) return formatted;
  const least = numberAt(schema, 'minLength') ?? 0;
  return text.slice(0, numberAt(schema, 'maxLength') ?? 120).padEnd(least, '.');
}
