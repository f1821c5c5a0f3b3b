import type { JsonObject } from '../core/json.js';

type FieldKind = 'text' | 'hex' | 'fixed64' | 'varint' | 'double' | 'bool' | Message;
interface Message {
  [number: number]: { name: string; kind: FieldKind; repeated?: boolean };
}

const anyValue: Message = {
  1: { name: 'stringValue', kind: 'text' },
  2: { name: 'boolValue', kind: 'bool' },
  3: { name: 'intValue', kind: 'varint' },
  4: { name: 'doubleValue', kind: 'double' },
};
const keyValue: Message = { 1: { name: 'key', kind: 'text' }, 2: { name: 'value', kind: anyValue } };
// An array holds values, a list of pairs holds pairs: the two close the circle.
anyValue[5] = { name: 'arrayValue', kind: { 1: { name: 'values', kind: anyValue, repeated: true } } };
anyValue[6] = { name: 'kvlistValue', kind: { 1: { name: 'values', kind: keyValue, repeated: true } } };
const attributes = { name: 'attributes', kind: keyValue, repeated: true };

const SPAN: Message = {
  1: { name: 'traceId', kind: 'hex' },
  2: { name: 'spanId', kind: 'hex' },
  4: { name: 'parentSpanId', kind: 'hex' },
  5: { name: 'name', kind: 'text' },
  6: { name: 'kind', kind: 'varint' },
  7: { name: 'startTimeUnixNano', kind: 'fixed64' },
  8: { name: 'endTimeUnixNano', kind: 'fixed64' },
  9: attributes,
  15: { name: 'status', kind: { 2: { name: 'message', kind: 'text' }, 3: { name: 'code', kind: 'varint' } } },
};
const SCOPE_SPANS: Message = {
  1: { name: 'scope', kind: { 1: { name: 'name', kind: 'text' }, 2: { name: 'version', kind: 'text' } } },
  2: { name: 'spans', kind: SPAN, repeated: true },
};
const RESOURCE_SPANS: Message = {
  1: { name: 'resource', kind: { 1: attributes } },
  2: { name: 'scopeSpans', kind: SCOPE_SPANS, repeated: true },
};
const REQUEST: Message = { 1: { name: 'resourceSpans', kind: RESOURCE_SPANS, repeated: true } };

/** An OTLP trace export in the protobuf encoding, in the form that the JSON encoding has. @throws RangeError */
export function readOtlpProtobuf(bytes: Buffer): JsonObject {
  return readMessage(new Cursor(bytes), REQUEST);
}

class Cursor {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes.readUInt8(this.at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new RangeError('truncated message');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** The raw value of a field of the given wire type. */
  value(wireType: number): bigint | Buffer {
    if (wireType === 0) return this.varint();
    if (wireType === 1) return this.take(8);
    if (wireType === 2) return this.take(Number(this.varint()));
    if (wireType === 5) return this.take(4);
    throw new RangeError(`wire type ${wireType}`);
  }
}

function readMessage(cursor: Cursor, message: Message): JsonObject {
  const read: JsonObject = {};
  while (cursor.at < cursor.bytes.length) {
    const tag = Number(cursor.varint());
    const raw = cursor.value(tag & 7);
    const field = message[tag >> 3];
    if (field === undefined) continue;
    const value = convert(raw, field.kind);
    if (field.repeated === true) {
      const earlier = read[field.name];
      read[field.name] = Array.isArray(earlier) ? [...(earlier as unknown[]), value] : [value];
    } else read[field.name] = value;
  }
  return read;
}

function convert(raw: bigint | Buffer, kind: FieldKind): unknown {
  if (typeof raw === 'bigint') return kind === 'bool' ? raw !== 0n : Number(BigInt.asIntN(64, raw));
  if (kind === 'text') return raw.toString('utf8');
  if (kind === 'hex') return raw.toString('hex');
  if (kind === 'fixed64') return raw.readBigUInt64LE(0).toString();
  if (kind === 'double') return raw.readDoubleLE(0);
  return typeof kind === 'object' ? readMessage(new Cursor(raw), kind) : undefined;
}
