import { describe, expect, test } from '@jest/globals';
import { Secret } from '@app/call';
import { emptyMapping } from './config-node.js';
import { Findings } from './findings.js';
import { parseYaml } from './parse-yaml.js';
import { asCount, asFlag, asName, asSecret } from './scalar-values.js';
import { Section } from './section.js';

const place = { file: 'config.yaml', line: 1, column: 1 };

function sectionOf(yaml: string): Section {
  const findings = new Findings();
  return Section.of(parseYaml(yaml, 'config.yaml', findings) ?? undefined, { path: '', place }, findings);
}

describe('reading', () => {
  test('gives a value in its type, and null for what is absent or empty', () => {
    const section = sectionOf('a: 5\nb:\nc: ""');
    expect([section.read('a', asCount), section.read('b', asCount), section.read('c', asName)]).toEqual([
      5,
      null,
      null,
    ]);
    expect(section.findings.problems).toEqual([]);
  });

  test('gives the default of what is absent or wrong', () => {
    const section = sectionOf('wrong: x');
    expect(section.readOr('absent', asFlag, 'true')).toBe(true);
    expect(section.readOr('wrong', asCount, '7')).toBe(7);
    expect(section.findings.problems).toHaveLength(1);
  });

  test('a default that is no valid value is a mistake of ours', () => {
    expect(() => sectionOf('a: 1').readOr('b', asCount, 'x')).toThrow('The default of b is no valid value.');
  });

  test('a default may come from elsewhere', () => {
    const fallback = { value: 9, text: '9', from: 'environment, X' };
    expect(sectionOf('a: 1').readOr('b', asCount, fallback)).toBe(9);
    expect(sectionOf('b: 1').readOr('b', asCount, fallback)).toBe(1);
  });

  test('what is needed and absent is a problem of the section', () => {
    const section = sectionOf('a: 1\nb:');
    section.need('x', asName, 'Write x.');
    section.need('b', asName, 'Write b.');
    expect(section.findings.problems).toMatchObject([
      { line: 1, message: '`x` is missing.', remedy: 'Write x.' },
      { line: 2, path: 'b', message: '`b` is missing.' },
    ]);
  });

  test('the same problem is told once, however often it is met', () => {
    const section = sectionOf('a: x');
    section.read('a', asCount);
    section.read('a', asCount);
    expect(section.findings.problems).toHaveLength(1);
  });
});

describe('finish', () => {
  test('warns of what nobody asked for, with the nearest of what somebody asked for', () => {
    const section = sectionOf('timeout: 1\ntimeuot: 2\nother: 3');
    section.read('timeout', asCount);
    section.finish('litellm_params');
    expect(section.findings.warnings).toEqual([
      'config.yaml:2:1 timeuot: There is no such setting; it is ignored. Did you mean `timeout`?',
      'config.yaml:3:1 other: There is no such setting; it is ignored.',
    ]);
  });

  test('what was asked for and wrong is not unknown', () => {
    const section = sectionOf('a: x');
    section.read('a', asCount);
    section.finish('anything');
    expect(section.findings.warnings).toEqual([]);
  });

  test('names that would have been asked for count as known neighbours', () => {
    const section = sectionOf('temprature: 1');
    section.finish('anything', ['temperature']);
    expect(section.findings.warnings[0]).toContain('Did you mean `temperature`?');
  });
});

describe('a section that is none', () => {
  test.each(['[a]', '5', 'text', 'true'])('%s is a problem and reads as empty', (yaml) => {
    const section = sectionOf(yaml);
    expect(section.findings.problems).toMatchObject([
      { line: 1, message: expect.stringContaining('Settings belong here') },
    ]);
    expect(section.read('a', asName)).toBeNull();
  });

  test.each(['null', ''])('%j is empty without a problem', (yaml) => {
    expect(sectionOf(yaml).findings.problems).toEqual([]);
  });
});

describe('the list of settings in effect', () => {
  function listed(yaml: string, read: (section: Section) => unknown): unknown {
    const findings = new Findings();
    const node = parseYaml(yaml, 'config.yaml', findings);
    const mapping = node?.kind === 'mapping' ? node : emptyMapping('', place);
    read(new Section(mapping, findings, (at) => `line ${at.place.line ?? 0}`));
    return findings.settings;
  }

  test('shows what was written, as it was written', () => {
    expect(listed('a: 1_000', (section) => section.read('a', asName))).toEqual([
      { name: 'a', value: '1_000', from: 'line 1' },
    ]);
  });

  test('shows defaults', () => {
    expect(listed('', (section) => section.readOr('a', asFlag, 'false'))).toEqual([
      { name: 'a', value: 'false', from: 'default' },
    ]);
  });

  test('shows of a secret that it is set', () => {
    const settings = listed('a: sk-secret', (section) => {
      expect(section.read('a', asSecret)).toBeInstanceOf(Secret);
    });
    expect(settings).toEqual([{ name: 'a', value: 'set', from: 'line 1' }]);
  });

  test('shows each setting once', () => {
    const twice = (section: Section): void => {
      section.read('a', asName);
      section.read('a', asName);
    };
    expect(listed('a: 1', twice)).toHaveLength(1);
  });
});
