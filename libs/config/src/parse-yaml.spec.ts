import { describe, expect, test } from '@jest/globals';
import { jsonOf } from './collection-values.js';
import { type ConfigNode } from './config-node.js';
import { Findings } from './findings.js';
import { parseYaml } from './parse-yaml.js';

function parsed(text: string): { node: ConfigNode | null; findings: Findings } {
  const findings = new Findings();
  return { node: parseYaml(text, 'config.yaml', findings), findings };
}

function valueOf(text: string): unknown {
  const { node, findings } = parsed(text);
  expect(findings.problems).toEqual([]);
  return node === null ? null : jsonOf(node, findings);
}

function problemOf(text: string): unknown {
  const { findings } = parsed(text);
  return findings.problems[0];
}

/** The node that `path` leads to. */
function at(text: string, ...path: (string | number)[]): ConfigNode | undefined {
  let node: ConfigNode | null | undefined = parsed(text).node;
  for (const step of path) {
    if (node?.kind === 'mapping') node = node.entries.get(String(step));
    else node = node?.kind === 'list' ? node.items[Number(step)] : undefined;
  }
  return node ?? undefined;
}

describe('values', () => {
  test('a document becomes the values that YAML 1.2 gives', () => {
    expect(valueOf('a: [1, 2.5, true, null, text]\nb: {c: "x"}')).toEqual({
      a: [1, 2.5, true, null, 'text'],
      b: { c: 'x' },
    });
  });

  test('yes, on and dates stay text', () => {
    expect(valueOf('a: yes\nb: on\nc: 2025-12-22')).toEqual({ a: 'yes', b: 'on', c: '2025-12-22' });
  });

  test('a number keeps the digits it was written with', () => {
    const node = at('price: 0.00000150', 'price');
    expect(node).toMatchObject({ value: 0.0000015, text: '0.00000150' });
  });

  test('a number as a name keeps its digits', () => {
    expect(valueOf('1.10: x')).toEqual({ '1.10': 'x' });
  });

  test('a document that says it is YAML 1.1 is read no differently', () => {
    expect(valueOf('%YAML 1.1\n---\na: yes\nb: 2001-01-01\nc: 0o17\n')).toMatchObject({ b: '2001-01-01' });
  });

  test('an entry without a value is null', () => {
    expect(valueOf('a:\nb: 1')).toEqual({ a: null, b: 1 });
  });

  test('text with a byte order mark and CRLF is read', () => {
    expect(valueOf('\uFEFFa: 1\r\nb: 2\r\n')).toEqual({ a: 1, b: 2 });
  });
});

describe('places', () => {
  const text = 'model_list:\n  - model_name: a\n    litellm_params:\n      api_base: x\n';

  test('an entry is placed where its name begins', () => {
    expect(at(text, 'model_list', 0, 'litellm_params', 'api_base')).toMatchObject({
      path: 'model_list[0].litellm_params.api_base',
      place: { file: 'config.yaml', line: 4, column: 7 },
    });
  });

  test('an item of a list is placed where it begins', () => {
    expect(at(text, 'model_list', 0)).toMatchObject({
      path: 'model_list[0]',
      place: { file: 'config.yaml', line: 2, column: 5 },
    });
  });
});

describe('anchors', () => {
  test('an alias stands for its anchor', () => {
    expect(valueOf('a: &x {b: 1}\nc: *x')).toEqual({ a: { b: 1 }, c: { b: 1 } });
  });

  test('an alias has the path of where it is used', () => {
    expect(at('a: &x {b: 1}\nc: *x', 'c', 'b')?.path).toBe('c.b');
  });

  test('an alias means the nearest anchor above it', () => {
    expect(valueOf('a: &x 1\nb: *x\nc: &x 2\nd: *x')).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  });

  test('merged entries give way to written ones, whichever comes first', () => {
    expect(valueOf('a: &x {b: 1, c: 2}\nd: {b: 9, <<: *x}\ne: {<<: *x, c: 8}')).toEqual({
      a: { b: 1, c: 2 },
      d: { b: 9, c: 2 },
      e: { b: 1, c: 8 },
    });
  });

  test('of several merged mappings the first wins', () => {
    expect(valueOf('a: &x {k: 1}\nb: &y {k: 2, l: 3}\nc: {<<: [*x, *y]}')).toMatchObject({
      c: { k: 1, l: 3 },
    });
  });

  test('merging what is no mapping is a problem', () => {
    expect(problemOf('a: &x text\nb:\n  <<: *x')).toMatchObject({
      line: 3,
      path: 'b',
      message: '`<<` is given text.',
    });
  });

  test('an alias without an anchor is a problem of its line', () => {
    expect(problemOf('a: 1\nb: *nowhere')).toMatchObject({
      line: 2,
      path: 'b',
      message: 'No anchor `&nowhere` stands above this alias.',
    });
  });

  test('an alias that holds itself is a problem', () => {
    expect(problemOf('a: &x\n  b: *x')).toMatchObject({ line: 2, message: 'The alias `*x` holds itself.' });
  });

  test('a bomb of aliases is refused at once, with one problem', () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const previous = level === 0 ? 'lol' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array.from({ length: 10 }, () => previous).join(', ')}]`;
    });
    const begin = performance.now();
    const { findings } = parsed(levels.join('\n'));
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(findings.problems).toHaveLength(1);
    expect(findings.problems[0]).toMatchObject({
      line: expect.any(Number),
      message: 'The aliases of this file (`*name`) stand for more than 10000 values.',
    });
  });

  test('thousands of aliases do not take quadratic time', () => {
    const aliases = Array.from({ length: 9_000 }, (_, index) => `a${index}: *x`);
    const begin = performance.now();
    expect(parsed(`x: &x 1\n${aliases.join('\n')}`).findings.problems).toEqual([]);
    expect(performance.now() - begin).toBeLessThan(3_000);
  });
});

describe('what is refused', () => {
  test.each([
    ['a tab as indentation', 'a:\n\tb: 1', 2, 'A tab is used to indent.'],
    [
      'indentation that fits nothing',
      'a:\n    b: 1\n  c: 2',
      3,
      'The indentation does not fit the lines above.',
    ],
    ['a missing quote', 'a: "x\nb: 1', 2, 'A character is missing here.'],
    [
      'a tag that would run code',
      'a: !!js/function "function () {}"',
      1,
      'This tag (`!…`) is not supported.',
    ],
    ['a tag for binary data', 'a: !!binary "AAAA"', 1, 'This tag (`!…`) is not supported.'],
    ['a second document', 'a: 1\n---\nb: 2', 2, 'A second document begins here.'],
    ['a value with two colons', 'a: b: c', 1, 'A colon stands where none is expected.'],
    ['a value that begins with @', 'a: @x', 1, 'A value cannot begin with this character.'],
    [
      'a backslash that means nothing',
      'a: "\\q"',
      1,
      'The text in double quotes holds a backslash that means nothing.',
    ],
    ['a name that is a list', '? [a, b]\n: 1', 1, 'The name of a setting is missing or is no text.'],
    ['a value without a name', ': 1', 1, 'The name of a setting is missing or is no text.'],
  ])('%s', (_what, text, line, message) => {
    expect(problemOf(text)).toMatchObject({ file: 'config.yaml', line, message });
  });

  test('a setting that is written twice, with the line of the first', () => {
    expect(problemOf('a: 1\nb: 2\na: 3')).toMatchObject({
      line: 3,
      path: 'a',
      message: '`a` is written twice; first in line 1.',
    });
  });

  test('a problem of syntax never quotes the line, which may hold a secret', () => {
    const { findings } = parsed('api_key: sk-very-secret: oops\n}}} sk-very-secret');
    expect(findings.problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(findings.problems)).not.toContain('sk-very-secret');
  });

  test('values that are nested deeper than anybody writes', () => {
    const text = `a: ${'['.repeat(80)}${']'.repeat(80)}`;
    expect(problemOf(text)).toMatchObject({ line: 1, message: 'The values are nested too deeply.' });
  });

  test.each([
    ['lists', '['],
    ['blocks', '- '],
  ])('a hundred thousand %s in each other are found before they are parsed', (_, opening) => {
    const startedAt = performance.now();
    const text = `a: 1\nb:\n  ${opening.repeat(100_000)}`;
    expect(problemOf(text)).toMatchObject({ line: 3, message: 'The values are nested too deeply.' });
    // Seconds, where they are parsed.
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  test('brackets that would exhaust the stack, with their line', () => {
    const text = `a: 1\nb: ${'['.repeat(200_000)}`;
    expect(problemOf(text)).toMatchObject({ line: 2 });
  });

  test('ten problems of syntax at most, since one mistake makes many', () => {
    expect(parsed('}\n'.repeat(100)).findings.problems.length).toBeLessThanOrEqual(10);
  });
});

describe('prototypes', () => {
  test('__proto__ is ignored with a warning and changes no object', () => {
    const { node, findings } = parsed('__proto__: {polluted: true}\na: {__proto__: {polluted: true}}');
    expect(node === null ? null : jsonOf(node, findings)).toEqual({ a: {} });
    expect(findings.warnings).toHaveLength(2);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('constructor is a name like any other', () => {
    expect(valueOf('constructor: {prototype: {polluted: true}}')).toEqual({
      constructor: { prototype: { polluted: true } },
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
