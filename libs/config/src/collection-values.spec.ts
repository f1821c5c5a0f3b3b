import { describe, expect, test } from '@jest/globals';
import { asList, asListOrCommas, jsonOf } from './collection-values.js';
import { type ConfigNode, nodeFromJson } from './config-node.js';
import { Findings } from './findings.js';
import { parseYaml } from './parse-yaml.js';
import { asCount, asName } from './scalar-values.js';

const place = { file: 'config.yaml', line: 1, column: 1 };

function nodeOf(yaml: string): ConfigNode {
  return parseYaml(yaml, 'config.yaml', new Findings()) ?? nodeFromJson(null, '', place);
}

describe('lists', () => {
  test('one item need not be a list', () => {
    expect(asList(asName)(nodeOf('a'), new Findings())).toEqual(['a']);
  });

  test('an item that is a problem does not take the others with it', () => {
    const findings = new Findings();
    expect(asList(asCount)(nodeOf('[1, x, 3]'), findings)).toEqual([1, 3]);
    expect(findings.problems).toMatchObject([{ path: '[1]' }]);
  });

  test.each(['[a, null]', '[a, ""]', '- a\n-'])('an empty item (%j) is a problem', (yaml) => {
    const findings = new Findings();
    expect(asList(asName)(nodeOf(yaml), findings)).toEqual(['a']);
    expect(findings.problems).toMatchObject([{ path: '[1]', message: 'This item of the list is empty.' }]);
  });

  test('an item whose variable is not set was spoken of before', () => {
    const findings = new Findings();
    const item: ConfigNode = {
      kind: 'scalar',
      value: null,
      text: '',
      unresolved: 'os.environ/X',
      path: '[0]',
      place,
    };
    expect(asList(asName)({ kind: 'list', items: [item], path: '', place }, findings)).toEqual([]);
    expect(findings.problems).toEqual([]);
  });

  test('a mapping is a problem', () => {
    const findings = new Findings();
    expect(asList(asName)(nodeOf('{a: b}'), findings)).toBeNull();
    expect(findings.problems).toHaveLength(1);
  });

  test('one text may hold several items', () => {
    expect(asListOrCommas(asName)(nodeOf('"a, b,,c ,"'), new Findings())).toEqual(['a', 'b', 'c']);
    expect(asListOrCommas(asName)(nodeOf('[a, b]'), new Findings())).toEqual(['a', 'b']);
  });
});

describe('JSON', () => {
  test('values are those of the document', () => {
    expect(jsonOf(nodeOf('{a: [1, x, true, null], b: {c: 1.5}}'), new Findings())).toEqual({
      a: [1, 'x', true, null],
      b: { c: 1.5 },
    });
  });

  test.each(['.inf', '-.inf', '.nan'])('%s cannot be sent as JSON', (text) => {
    const findings = new Findings();
    expect(jsonOf(nodeOf(`{a: ${text}}`), findings)).toEqual({ a: null });
    expect(findings.problems).toMatchObject([{ path: 'a', line: 1 }]);
  });

  test('objects inherit nothing', () => {
    const object = jsonOf(nodeOf('{a: {b: 1}}'), new Findings()) as Record<string, unknown>;
    expect(Object.getPrototypeOf(object)).toBeNull();
    expect(Object.getPrototypeOf(object['a'])).toBeNull();
  });
});

describe('nodes of JSON', () => {
  test('have the paths of config.yaml', () => {
    const node = nodeFromJson({ a: [{ b: 1 }] }, '', place);
    const list = node.kind === 'mapping' ? node.entries.get('a') : undefined;
    const item = list?.kind === 'list' ? list.items[0] : undefined;
    const leaf = item?.kind === 'mapping' ? item.entries.get('b') : undefined;
    expect(leaf).toMatchObject({ path: 'a[0].b', value: 1, text: '1' });
  });

  test('never hold __proto__', () => {
    const node = nodeFromJson(JSON.parse('{"__proto__": {"x": 1}, "a": 2}') as { a: number }, '', place);
    expect(node.kind === 'mapping' ? [...node.entries.keys()] : []).toEqual(['a']);
  });
});
