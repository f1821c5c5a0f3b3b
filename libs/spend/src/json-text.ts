import { storable } from '@app/call';

/** Printable ASCII without quote and backslash: stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** JSON text of a string that a client or an upstream chose, made storable. */
export function quoted(text: string, maxLength: number): string {
  if (text.length <= maxLength && PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(storable(text, maxLength));
}

/** JSON text of a list of such strings, each once: totals are kept for each. */
export function quotedList(texts: readonly string[], maxItems: number, maxLength: number): string {
  const list = texts.slice(0, maxItems).map((text) => quoted(text, maxLength));
  return `[${(list.length > 1 ? [...new Set(list)] : list).join(',')}]`;
}
