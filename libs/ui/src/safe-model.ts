/** What a template may be given: text, numbers and flags, in lists and plain objects. */
export type ViewValue = string | number | boolean | null | ViewValue[] | { [name: string]: ViewValue };

const MAX_TEXT = 20_000;
const MAX_DEPTH = 12;
/** Handlebars calls `toHTML` and trusts what comes back; the others belong to every object. */
const FORBIDDEN = new Set(['toHTML', '__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']);

/**
 * A copy of `model` that cannot change how a template works: leaves are text, numbers, flags or null, long
 * text is cut, anything else becomes text.
 * @throws Error for a member that no view model of ours has
 */
export function safeModel(model: object): { [name: string]: ViewValue } {
  return safeObject(model, 0);
}

function safeObject(source: object, depth: number): { [name: string]: ViewValue } {
  const copy: { [name: string]: ViewValue } = {};
  for (const [name, value] of Object.entries(source) as [string, unknown][]) {
    if (FORBIDDEN.has(name)) throw new Error(`A view model may not have the member ${name}.`);
    if (value !== undefined) copy[name] = safeValue(value, depth + 1);
  }
  return copy;
}

function safeValue(value: unknown, depth: number): ViewValue {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)} …` : value;
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : '–';
  if (depth < MAX_DEPTH && Array.isArray(value)) return value.map((item) => safeValue(item, depth + 1));
  if (depth < MAX_DEPTH && isPlain(value)) return safeObject(value, depth);
  return textOf(value);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return value.toString();
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? text : '';
  } catch {
    return '';
  }
}
