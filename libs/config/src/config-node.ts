import { isJsonObject, type JsonValue } from '@app/call';
import { type Place } from './config-error.js';
import { type Located } from './findings.js';

/** A value of config.yaml or of the environment that still knows where it was written. */
export type ConfigNode = ScalarNode | ListNode | MappingNode;

export interface ScalarNode extends Located {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it was written: `1e-7` and `1.10` keep their digits. */
  readonly text: string;
  /** What stood here before `os.environ/…` was replaced. */
  readonly unresolved?: string;
}

export interface ListNode extends Located {
  readonly kind: 'list';
  readonly items: readonly ConfigNode[];
}

export interface MappingNode extends Located {
  readonly kind: 'mapping';
  readonly entries: ReadonlyMap<string, ConfigNode>;
}

/** A record that has no prototype, so that a name like `constructor` finds nothing. */
export function emptyRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

export function scalarNode(text: string, path: string, place: Place): ScalarNode {
  return { kind: 'scalar', value: text, text, path, place };
}

export function emptyMapping(path: string, place: Place): MappingNode {
  return { kind: 'mapping', entries: new Map(), path, place };
}

/** The entries of both; where both have one, `upper` wins. */
export function overlay(lower: MappingNode, upper: MappingNode): MappingNode {
  return { ...upper, entries: new Map([...lower.entries, ...upper.entries]) };
}

/** Without a value: absent, `null`, or empty text. */
export function isBlank(node: ConfigNode | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && (node.value === null || node.value === ''));
}

/** `text`, `number`, `true/false`, `nothing`, `list` or `mapping`: how people call what they wrote. */
export function kindOf(node: ConfigNode): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'boolean') return 'true or false';
  return typeof node.value === 'number' ? 'a number' : 'text';
}

/** `model_list[0]` and `model_name` give `model_list[0].model_name`. */
export function childPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Turns parsed JSON, such as a model that the management API was given, into what config.yaml would give. */
export function nodeFromJson(value: JsonValue, path: string, place: Place): ConfigNode {
  if (Array.isArray(value)) {
    const items = value.map((item, index) => nodeFromJson(item, `${path}[${index}]`, place));
    return { kind: 'list', items, path, place };
  }
  if (isJsonObject(value)) {
    const entries = Object.entries(value)
      .filter(([key]) => key !== '__proto__')
      .map(([key, item]) => [key, nodeFromJson(item, childPath(path, key), place)] as const);
    return { kind: 'mapping', entries: new Map(entries), path, place };
  }
  return { kind: 'scalar', value, text: String(value), path, place };
}
