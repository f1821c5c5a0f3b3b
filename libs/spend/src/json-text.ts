/** Printable ASCII without quote and backslash: stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * JSON text of a string that a client or an upstream chose, cut to `maxLength` characters. PostgreSQL
 * stores neither NUL nor half a surrogate pair.
 */
export function quoted(text: string, maxLength: number): string {
  if (text.length <= maxLength && PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text.slice(0, maxLength).replaceAll('\0', '').toWellFormed());
}

/** JSON text of a list of such strings. */
export function quotedList(texts: readonly string[], maxItems: number, maxLength: number): string {
  let list = '';
  for (let index = 0; index < texts.length && index < maxItems; index++) {
    list += (index === 0 ? '' : ',') + quoted(texts[index] ?? '', maxLength);
  }
  return `[${list}]`;
}
