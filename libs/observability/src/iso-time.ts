let second = Number.NaN;
let prefix = '';

/** The same text as `Date.toISOString`; all but the milliseconds is worked out once a second. */
export function isoTime(atMs: number): string {
  const current = Math.floor(atMs / 1_000);
  if (current !== second) {
    second = current;
    prefix = new Date(current * 1_000).toISOString().slice(0, -4);
  }
  return `${prefix}${String(atMs - current * 1_000).padStart(3, '0')}Z`;
}
