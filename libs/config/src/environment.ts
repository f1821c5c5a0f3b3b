import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.js';
import { codeOf } from './error-code.js';

/**
 * The environment of this process over the `.env` file of `folder`, where there is one. This is the only place
 * that reads `process.env`.
 * @throws ConfigError where there is a `.env` that cannot be read.
 */
export function readEnvironment(folder = process.cwd()): NodeJS.ProcessEnv {
  return { ...readDotEnv(join(folder, '.env')), ...process.env };
}

function readDotEnv(path: string): NodeJS.ProcessEnv {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return {};
    const message = `${path} cannot be read (${code ?? String(error)}).`;
    const remedy = 'Make it a text file that this user may read, or remove it.';
    throw new ConfigError([{ file: '.env', line: null, column: null, path: '', message, remedy }]);
  }
}
