import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readConfigFiles } from './config-files.js';
import { Findings } from './findings.js';
import { configFrom, problemsFrom } from './testing.js';

const MODEL = (name: string): string =>
  `  - {model_name: ${name}, litellm_params: {model: openai/${name}, api_base: http://a:1}}\n`;

describe('a file that cannot be used', () => {
  test('a missing file is named in full, with what to do', () => {
    const findings = new Findings();
    const files = readConfigFiles('/nowhere/at/all/config.yaml', findings);
    expect(findings.problems).toMatchObject([{ message: 'There is no file /nowhere/at/all/config.yaml.' }]);
    expect(findings.problems[0]?.remedy).toContain('CONFIG_FILE_PATH');
    expect(files).toMatchObject({ complete: true, files: ['/nowhere/at/all/config.yaml'] });
  });

  test('a folder in its place is what Docker makes of a missing file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-config-'));
    mkdirSync(join(folder, 'config.yaml'));
    const findings = new Findings();
    const files = readConfigFiles(join(folder, 'config.yaml'), findings);
    rmSync(folder, { recursive: true });
    expect(findings.problems[0]?.message).toMatch(/config\.yaml is a folder\.$/);
    expect(findings.problems[0]?.remedy).toContain('Docker');
    expect(files.complete).toBe(false);
  });

  test('more than 1 MB is not read', () => {
    const [problem] = problemsFrom(`a: ${'x'.repeat(1024 * 1024)}`);
    expect(problem).toMatchObject({ line: 1, remedy: 'Split or shorten it.' });
  });

  test('bytes that are no UTF-8 are refused', () => {
    const [problem] = problemsFrom(new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0xfe]));
    expect(problem).toMatchObject({ line: 1, remedy: 'Save it as UTF-8.' });
  });

  test.each([
    ['a list', '- a\n- b', 'The file holds a list.'],
    ['text', 'hello', 'The file holds text.'],
  ])('%s is no configuration', (_what, yaml, message) => {
    expect(problemsFrom(yaml)).toMatchObject([{ file: 'config.yaml', line: 1, message }]);
  });

  test.each(['', '# nothing yet\n', '---\n', 'null'])(
    'an empty file (%j) starts without models, and says so',
    (yaml) => {
      const config = configFrom(yaml);
      expect(config.models).toEqual([]);
      expect(config.warnings.join()).toContain('The file is empty; no model is configured.');
    },
  );
});

test('an empty file is no configuration for a gateway that runs: it is being written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  const path = join(folder, 'config.yaml');
  writeFileSync(path, '');
  const findings = new Findings();
  readConfigFiles(path, findings, false);
  rmSync(folder, { recursive: true });
  expect(findings.problems).toMatchObject([{ file: 'config.yaml', message: 'The file is empty.' }]);
});

describe('include', () => {
  test('lists are joined, in the order of the files', () => {
    const config = configFrom(
      `include: [more.yaml]\nmodel_list:\n${MODEL('a')}`,
      {},
      {
        'more.yaml': `model_list:\n${MODEL('b')}`,
      },
    );
    expect(config.models.map(({ modelName }) => modelName)).toEqual(['a', 'b']);
  });

  test('any other key of the included file replaces, with a warning', () => {
    const config = configFrom(
      'include: [more.yaml]\nrouter_settings: {num_retries: 7, max_fallbacks: 1}',
      {},
      {
        'more.yaml': 'router_settings: {num_retries: 9}',
      },
    );
    expect(config.router).toMatchObject({ numRetries: 9, maxFallbacks: 5 });
    expect(config.warnings).toContain(
      'more.yaml:1:1 router_settings: It replaces all of `router_settings` in config.yaml.',
    );
  });

  test('one name need not be a list', () => {
    expect(
      configFrom('include: more.yaml', {}, { 'more.yaml': `model_list:\n${MODEL('b')}` }).models,
    ).toHaveLength(1);
  });

  test('an included file may include', () => {
    const config = configFrom(
      'include: [b.yaml]',
      {},
      {
        'b.yaml': 'include: [c.yaml]',
        'c.yaml': `model_list:\n${MODEL('c')}`,
      },
    );
    expect(config.models).toHaveLength(1);
    expect(config.configFiles.map((path) => path.split('/').at(-1))).toEqual([
      'config.yaml',
      'b.yaml',
      'c.yaml',
    ]);
  });

  test('a problem names the included file and its line', () => {
    const problems = problemsFrom(
      'include: [more.yaml]',
      {},
      { 'more.yaml': '\nrouter_settings: {num_retries: x}' },
    );
    expect(problems).toMatchObject([{ file: 'more.yaml', line: 2, path: 'router_settings.num_retries' }]);
  });

  test.each([
    ['a missing file', 'include:\n  - gone.yaml', /^There is no file .*gone\.yaml\.$/],
    ['the file itself', 'include:\n  - config.yaml', /^`config.yaml` is included twice\.$/],
    ['a mapping', 'include:\n  - {file: x}', /^An include is a mapping\.$/],
  ])('%s is a problem of the line that includes it', (_what, yaml, message) => {
    const [problem] = problemsFrom(yaml);
    expect(problem).toMatchObject({ file: 'config.yaml', line: 2, path: 'include[0]' });
    expect(problem?.message).toMatch(message);
  });

  test('two files that include each other end', () => {
    const problems = problemsFrom('include: [b.yaml]', {}, { 'b.yaml': 'include: [config.yaml]' });
    expect(problems).toMatchObject([{ file: 'b.yaml', message: '`config.yaml` is included twice.' }]);
  });
});
