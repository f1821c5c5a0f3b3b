import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { readEnvironment } from './environment.js';

describe('readEnvironment', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-env-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    delete process.env['GATEWAY_SPEC'];
  });

  test('is the environment of the process where there is no .env', () => {
    expect(readEnvironment(folder)).toEqual(process.env);
  });

  test('takes what the process has not from .env', () => {
    writeFileSync(join(folder, '.env'), '# a comment\nGATEWAY_SPEC="from file"\n');
    expect(readEnvironment(folder)['GATEWAY_SPEC']).toBe('from file');
  });

  test('the process wins', () => {
    writeFileSync(join(folder, '.env'), 'GATEWAY_SPEC=file');
    process.env['GATEWAY_SPEC'] = 'process';
    expect(readEnvironment(folder)['GATEWAY_SPEC']).toBe('process');
  });

  test('of two lines the last counts, so that a line can be added to a copy of .env.example', () => {
    writeFileSync(join(folder, '.env'), 'GATEWAY_SPEC=\nGATEWAY_SPEC=last\n');
    expect(readEnvironment(folder)['GATEWAY_SPEC']).toBe('last');
  });

  test('is a copy: the process keeps its own', () => {
    writeFileSync(join(folder, '.env'), 'GATEWAY_SPEC=file');
    readEnvironment(folder);
    expect(process.env['GATEWAY_SPEC']).toBeUndefined();
  });

  test('a .env that cannot be read is a problem, not a surprise', () => {
    mkdirSync(join(folder, '.env'));
    expect(() => readEnvironment(folder)).toThrow(ConfigError);
  });
});
