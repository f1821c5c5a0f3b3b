import { BadRequestError } from './errors.js';
import { type JsonObject } from './json.js';
import { keepLoosely } from './keep-loosely.js';
import { type JsonLimits, type JsonMember, outlineObject } from './json-scan.js';

/** A JSON object as it was received: read for decisions, kept as bytes for the upstream. */
export interface JsonBody {
  readonly object: JsonObject;
  readonly bytes: Buffer;
  readonly members: readonly JsonMember[];
}

/** Values to set in a body, as JSON text, and names to leave out. */
export interface BodyEdits {
  readonly set: Readonly<Record<string, string>>;
  readonly drop?: ReadonlySet<string>;
}

const LIMITS: JsonLimits = { depth: 64, names: 20_000, values: 500_000 };

/**
 * Reads a JSON object, strictly: an object at the root, at most 64 levels, 20,000 names and 500,000
 * values, no name twice at the root (the upstream might read the other one), no `__proto__`.
 * @throws BadRequestError
 */
export function parseJsonBody(bytes: Buffer): JsonBody {
  const outline = outlineObject(bytes, 0, bytes.length, LIMITS);
  if (outline && passes(outline)) {
    throw new BadRequestError(
      `Invalid JSON payload: more than ${LIMITS.depth} levels, ${LIMITS.names} names or ${LIMITS.values} values.`,
      'request_body',
    );
  }
  if (!outline && nestedTooDeep(bytes)) throw invalidJson();
  const object = parse(bytes);
  if (!outline) throw new BadRequestError('The request body must be a JSON object.', 'request_body');
  const seen = new Set<string>();
  for (const { name } of outline.members) {
    if (name === '__proto__') throw new BadRequestError('The field `__proto__` is not allowed.', '__proto__');
    if (seen.has(name))
      throw new BadRequestError('A field of the request body is given twice.', name.slice(0, 64));
    seen.add(name);
  }
  keepLoosely(object, bytes, outline.members);
  return { object, bytes, members: outline.members };
}

const passes = ({ depth, names, values }: JsonLimits): boolean =>
  depth > LIMITS.depth || names > LIMITS.names || values > LIMITS.values;

function parse(bytes: Buffer): JsonObject {
  try {
    return JSON.parse(bytes.toString()) as JsonObject;
  } catch (cause) {
    throw invalidJson(cause);
  }
}

const invalidJson = (cause?: unknown): BadRequestError =>
  new BadRequestError('Invalid JSON payload.', 'request_body', { cause });

/** What is no complete object is refused anyway; a deep one must not reach the parser first. */
function nestedTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  for (const byte of bytes) {
    if (byte === 0x5b || byte === 0x7b) depth++;
    else if (byte === 0x5d || byte === 0x7d) depth--;
    if (depth > LIMITS.depth) return true;
  }
  return false;
}

/**
 * The bytes of `body` with some members replaced, added or left out; everything else stays as it came,
 * to the byte. Returns pieces, so that a large body is not copied.
 */
export function editBody(body: JsonBody, edits: BodyEdits): Buffer[] {
  const kept = body.members.filter(({ name }) => !edits.drop?.has(name));
  const untouched = kept.length === body.members.length;
  const replaced = kept.filter(({ name }) => Object.hasOwn(edits.set, name));
  const added = Object.keys(edits.set).filter((name) => !replaced.some((member) => member.name === name));
  if (!untouched) return rebuild(body, kept, edits, added);
  const pieces: Buffer[] = [];
  let at = 0;
  for (const member of replaced) {
    pieces.push(body.bytes.subarray(at, member.valueStart), Buffer.from(edits.set[member.name] ?? 'null'));
    at = member.valueEnd;
  }
  const last = body.members.at(-1);
  if (added.length > 0) {
    const end = last ? last.valueEnd : body.bytes.indexOf(0x7b) + 1;
    const text = added.map((name) => `${JSON.stringify(name)}:${edits.set[name] ?? 'null'}`).join(',');
    pieces.push(body.bytes.subarray(at, end), Buffer.from(last ? `,${text}` : text));
    at = end;
  }
  pieces.push(body.bytes.subarray(at));
  return pieces;
}

function rebuild(
  body: JsonBody,
  kept: readonly JsonMember[],
  edits: BodyEdits,
  added: readonly string[],
): Buffer[] {
  const pieces: Buffer[] = [];
  let separator = '{';
  for (const member of kept) {
    const replacement = Object.hasOwn(edits.set, member.name) ? edits.set[member.name] : undefined;
    pieces.push(Buffer.from(separator));
    if (replacement === undefined) pieces.push(body.bytes.subarray(member.nameStart, member.valueEnd));
    else pieces.push(Buffer.from(`${JSON.stringify(member.name)}:${replacement}`));
    separator = ',';
  }
  for (const name of added) {
    pieces.push(Buffer.from(`${separator}${JSON.stringify(name)}:${edits.set[name] ?? 'null'}`));
    separator = ',';
  }
  pieces.push(Buffer.from(separator === '{' ? '{}' : '}'));
  return pieces;
}
