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

/** How much an object may hold before walking on is a waste of the event loop. */
export interface JsonLimits {
  readonly depth: number;
  readonly names: number;
  readonly values: number;
}

const NO_LIMITS: JsonLimits = { depth: Infinity, names: Infinity, values: Infinity };

/** The member that is being walked, and those before it. */
class Members {
  readonly found: JsonMember[] = [];
  #nameStart = -1;
  #nameEnd = -1;
  #valueStart = -1;

  /** @param wanted only members of this name are found; null: all */
  constructor(
    private readonly bytes: Buffer,
    private readonly wanted: Buffer | null,
  ) {}

  /** A string at the top level is a name unless one is waiting for its value. */
  string(start: number, end: number): void {
    if (this.#nameStart >= 0) return;
    this.#nameStart = start;
    this.#nameEnd = end;
  }

  colon(at: number): void {
    if (this.#valueStart < 0) this.#valueStart = at + 1;
  }

  /** Ends a member; false where it is none, or has no value. */
  finish(at: number): boolean {
    if (this.#valueStart < 0) return this.#nameStart < 0;
    const valueStart = skipSpace(this.bytes, this.#valueStart, at);
    if (valueStart >= at) return false;
    if (this.#isWanted()) {
      this.found.push({
        name: nameText(this.bytes, this.#nameStart, this.#nameEnd),
        nameStart: this.#nameStart,
        valueStart,
        valueEnd: trimSpace(this.bytes, valueStart, at),
      });
    }
    this.#nameStart = -1;
    this.#valueStart = -1;
    return true;
  }

  /** Compares bytes: a text for each name would be most of the work. */
  #isWanted(): boolean {
    const { bytes, wanted } = this;
    if (!wanted) return true;
    const start = this.#nameStart + 1;
    const length = this.#nameEnd - 1 - start;
    let same = 0;
    while (same < length && bytes[start + same] === wanted[same]) same++;
    if (same === length) return length === wanted.length;
    if (!bytes.subarray(start, start + length).includes(BACKSLASH)) return false;
    return nameText(bytes, this.#nameStart, this.#nameEnd) === wanted.toString();
  }
}

/**
 * Outlines a JSON object without building it, so that single values can be replaced in its bytes and
 * everything else leaves as it came. Does not judge validity beyond what it needs to find its way, and stops
 * where `limits` are passed: the counts tell.
 * @returns null when `bytes` from `from` is no complete object
 */
export function outlineObject(
  bytes: Buffer,
  from = 0,
  to = bytes.length,
  limits: JsonLimits = NO_LIMITS,
): JsonOutline | null {
  return outline(new Members(bytes, null), bytes, { from, to, limits });
}

/** The members called `name` of the object in `bytes`: one, unless it is repeated; none where it is no complete object. */
export function membersNamed(
  name: Buffer,
  bytes: Buffer,
  from = 0,
  to = bytes.length,
): readonly JsonMember[] {
  return outline(new Members(bytes, name), bytes, { from, to, limits: NO_LIMITS })?.members ?? [];
}

function outline(
  members: Members,
  bytes: Buffer,
  { from, to, limits }: { readonly from: number; readonly to: number; readonly limits: JsonLimits },
): JsonOutline | null {
  const start = skipSpace(bytes, from, to);
  if (bytes[start] !== OPEN_BRACE) return null;
  const closers: number[] = [];
  let depth = 0;
  let deepest = 0;
  let names = 0;
  let values = 0;
  for (let i = start; i < to; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      const end = stringEnd(bytes, i, to);
      if (end < 0) return null;
      if (depth === 1) members.string(i, end);
      i = end - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      closers[depth] = byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
      if (++depth > deepest) {
        deepest = depth;
        if (deepest > limits.depth) break;
      }
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (closers[--depth] !== byte) return null;
      if (depth > 0) continue;
      if (!members.finish(i)) return null;
      return { members: members.found, depth: deepest, names, values, end: i + 1 };
    } else if (byte === COMMA) {
      if (++values > limits.values) break;
      if (depth === 1 && !members.finish(i)) return null;
    } else if (byte === COLON) {
      if (++names > limits.names) break;
      if (depth === 1) members.colon(i);
    }
  }
  const isTooMuch = deepest > limits.depth || names > limits.names || values > limits.values;
  return isTooMuch ? { members: members.found, depth: deepest, names, values, end: to } : null;
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
  while (i < to && isSpace(bytes[i])) i++;
  return i;
}

function trimSpace(bytes: Buffer, from: number, to: number): number {
  let i = to;
  while (i > from && isSpace(bytes[i - 1])) i--;
  return i;
}

/** What JSON calls white space; NUL and the like are none. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
