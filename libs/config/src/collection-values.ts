import { type JsonValue } from '@app/call';
import { type ConfigNode, emptyRecord, isBlank } from './config-node.js';
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
      const value = isBlank(item) ? nothing(item, findings) : parse(item, findings);
      return value === null ? [] : [value];
    });
  };
}

/** A reference whose variable is not set was reported already, or switches its item off. */
function nothing(item: ConfigNode, findings: Findings): null {
  if (item.kind === 'scalar' && item.unresolved !== undefined) return null;
  return findings.problem(item, 'This item of the list is empty.', 'Remove it, or write a value.');
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

/** Any value that JSON can hold; objects have no prototype. */
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
