/** Where one member of a JSON object stands in its bytes. `end` is exclusive. */
export interface JsonMember {
  readonly name: string;
  readonly nameStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** The outline of a JSON object: its top-level members and how much is in it. */
export interface JsonOutline {
  readonly members: readonly JsonMember[];
  /** Deepest nesting of objects and arrays; the object itself is 1. */
  readonly depth: number;
  /** Names of all objects, nested ones included. */
  readonly names: number;
  /** Elements of arrays and members of objects, by their separators. */
  readonly values: number;
  /** Just behind the closing brace. */
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** Below this length a loop is quicker than a call into native code. */
const SHORT_STRING = 48;

/**
 * Outlines a JSON object without building it, so that single values can be replaced in its bytes and
 * everything else leaves as it came. Does not judge validity beyond what it needs to find its way.
 * @returns null when `bytes` from `from` is no complete object
 */
export function outlineObject(bytes: Buffer, from = 0, to = bytes.length): JsonOutline | null {
  const start = skipSpace(bytes, from, to);
  if (bytes[start] !== OPEN_BRACE) return null;
  const members: JsonMember[] = [];
  let depth = 0;
  let deepest = 0;
  let names = 0;
  let values = 0;
  let nameStart = -1;
  let nameEnd = -1;
  let valueStart = -1;
  const finishMember = (at: number): void => {
    if (valueStart < 0) return;
    const first = skipSpace(bytes, valueStart, at);
    members.push({
      name: nameText(bytes, nameStart, nameEnd),
      nameStart,
      valueStart: first,
      valueEnd: trimSpace(bytes, first, at),
    });
    nameStart = -1;
    valueStart = -1;
  };
  for (let i = start; i < to; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      const end = stringEnd(bytes, i, to);
      if (end < 0) return null;
      if (depth === 1 && nameStart < 0) {
        nameStart = i;
        nameEnd = end;
      }
      i = end - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > deepest) deepest = depth;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (--depth === 0) {
        finishMember(i);
        return { members, depth: deepest, names, values, end: i + 1 };
      }
    } else if (byte === COMMA) {
      values++;
      if (depth === 1) finishMember(i);
    } else if (byte === COLON) {
      names++;
      if (depth === 1 && valueStart < 0) valueStart = i + 1;
    }
  }
  return null;
}

/** Just behind the closing quote of the string that opens at `open`, or -1. */
export function stringEnd(bytes: Buffer, open: number, to: number): number {
  const near = Math.min(open + SHORT_STRING, to);
  let i = open + 1;
  for (; i < near; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) return i + 1;
    if (byte === BACKSLASH) i++;
  }
  while (i < to) {
    const quote = bytes.indexOf(QUOTE, i);
    if (quote < 0 || quote >= to) return -1;
    let backslashes = 0;
    while (quote - backslashes - 1 >= i && bytes[quote - backslashes - 1] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
    i = quote + 1;
  }
  return -1;
}

/** A name with escapes is decoded, so that `"mod\u0065l"` cannot pass as another field. */
function nameText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end - 1);
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

function skipSpace(bytes: Buffer, from: number, to: number): number {
  let i = from;
  while (i < to && (bytes[i] ?? 0) <= 0x20) i++;
  return i;
}

function trimSpace(bytes: Buffer, from: number, to: number): number {
  let i = to;
  while (i > from && (bytes[i - 1] ?? 0) <= 0x20) i--;
  return i;
}
