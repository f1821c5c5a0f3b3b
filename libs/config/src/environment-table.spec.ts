import { describe, expect, test } from '@jest/globals';
import { envExample } from './documentation.js';
import { ENVIRONMENT_DEFAULTS, ENVIRONMENT_TABLE } from './environment-table.js';
import { configFrom } from './testing.js';

describe('the table of variables', () => {
  test('names each variable once', () => {
    const names = ENVIRONMENT_TABLE.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(ENVIRONMENT_TABLE.map((row) => [row.name, row] as const))('%s is explained', (_name, row) => {
    expect(row.description).toMatch(/^\S.*[.]$/);
    expect(row.description).not.toContain('|');
  });

  test('no secret has a default or an example that works', () => {
    const secrets = ENVIRONMENT_TABLE.filter(({ secret }) => secret);
    expect(secrets.filter((row) => row.default !== undefined)).toEqual([]);
    for (const { example } of secrets) expect(example ?? '<').toContain('<');
  });

  test('only the master key is required', () => {
    expect(ENVIRONMENT_TABLE.filter(({ required }) => required).map(({ name }) => name)).toEqual([
      'LITELLM_MASTER_KEY',
    ]);
  });

  test('every default is accepted when it is written out', () => {
    const written = Object.fromEntries(ENVIRONMENT_DEFAULTS);
    expect({ ...configFrom('{}', written), settings: [] }).toEqual({
      ...configFrom('{}'),
      settings: [],
      configPath: expect.any(String),
      configFiles: expect.any(Array),
    });
  });
});

describe('.env.example', () => {
  test('has no comment wider than a terminal, unless it is one word', () => {
    const wide = envExample()
      .split('\n')
      .filter((line) => line.startsWith('# ') && line.length > 100 && line.slice(2).includes(' '));
    expect(wide).toEqual([]);
  });

  test('leaves open what has to be filled in, and comments the rest out', () => {
    const open = envExample().match(/^[A-Z_]+(?==)/gm);
    expect(open).toEqual(ENVIRONMENT_TABLE.filter(({ fillIn }) => fillIn).map(({ name }) => name));
  });
});
