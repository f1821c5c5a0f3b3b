const PRINTABLE = /^[ -~]*$/;

/** Text cut to `maxLength` UTF-16 units, without what PostgreSQL does not store: NUL and halves of surrogate pairs. */
export function storable(text: string, maxLength: number): string {
  if (text.length <= maxLength && PRINTABLE.test(text)) return text;
  return text.slice(0, maxLength).replaceAll('\0', '').toWellFormed();
}
