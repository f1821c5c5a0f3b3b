import { type JsonValue } from '@app/call';
import { type ConfigNode, emptyRecord, kindOf } from './config-node.js';
import { type Findings } from './findings.js';
import { type Parse } from './section.js';

/** A list, or one item that stands alone. Items that are a problem are left out. */
export function asList<T>(parse: Parse<T>): Parse<T[]> {
  return (node, findings) => {
    if (node.kind === 'mapping') {
      return findings.problem(node, 'A list belongs here; this is a mapping.', 'Begin each item with `- `.');
    }
    const items = node.kind === 'list' ? node.items : [node];
    return items.flatMap((item) => {
      const value = parse(item, findings);
      return value === null ? [] : [value];
    });
  };
}

/** As {@link asList}; one text may also hold several items with commas between them. */
export function asListOrCommas<T>(parse: Parse<T>): Parse<T[]> {
  const list = asList(parse);
  return (node, findings) => {
    if (node.kind !== 'scalar') return list(node, findings);
    const texts = node.text.split(',').map((text) => text.trim());
    const items = texts.filter((text) => text !== '').map((text) => ({ ...node, value: text, text }));
    return list({ ...node, kind: 'list', items }, findings);
  };
}

/** A mapping of names to values of one kind, without a prototype. */
export function asRecord<T>(parse: Parse<T>): Parse<Record<string, T>> {
  return (node, findings) => {
    if (node.kind !== 'mapping') {
      return findings.problem(
        node,
        `A mapping belongs here; this is ${kindOf(node)}.`,
        'Write `name: value` lines.',
      );
    }
    const record = emptyRecord<T>();
    for (const [name, entry] of node.entries) {
      const value = parse(entry, findings);
      if (value !== null) record[name] = value;
    }
    return record;
  };
}

/** Any value that JSON can hold; objects have no prototype. */
export const asJson: Parse<JsonValue> = (node, findings) => jsonOf(node, findings);

export function jsonOf(node: ConfigNode, findings: Findings): JsonValue {
  if (node.kind === 'list') return node.items.map((item) => jsonOf(item, findings));
  if (node.kind === 'mapping') {
    const object = emptyRecord<JsonValue>();
    for (const [name, entry] of node.entries) object[name] = jsonOf(entry, findings);
    return object;
  }
  if (typeof node.value !== 'number' || Number.isFinite(node.value)) return node.value;
  return findings.problem(node, 'JSON cannot hold infinity or `.nan`.', 'Write a finite number.');
}
