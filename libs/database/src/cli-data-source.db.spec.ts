import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { migrations } from '../../../migrations/index.js';
import { aTestDatabase, type TestDatabase } from './testing.js';

const HOOKS = new URL('../../../bench/typescript.mjs', import.meta.url).pathname;
const DATA_SOURCE = new URL('./cli-data-source.ts', import.meta.url).pathname;
const TYPEORM = createRequire(import.meta.url).resolve('typeorm/cli.js');

let database: TestDatabase;

beforeAll(async () => {
  database = await aTestDatabase({ empty: true });
});
afterAll(() => database.drop());

async function typeorm(command: string): Promise<string> {
  const args = ['--no-warnings', '--import', HOOKS, TYPEORM, command, '-d', DATA_SOURCE];
  const env = { PATH: process.env['PATH'], DATABASE_URL: database.url };
  // `migration:show` exits with 1 while some are pending.
  const { stdout } = await promisify(execFile)(process.execPath, args, { env }).catch(
    (error: unknown) => error as { stdout: string },
  );
  return stdout;
}

describe("TypeORM's command line", () => {
  test('runs the migrations of the gateway on DATABASE_URL, and then shows them as done', async () => {
    await typeorm('migration:run');
    const shown = await typeorm('migration:show');
    const done = shown.split('\n').filter((line) => line.includes('[X]'));
    expect(done).toHaveLength(migrations.length);
  });
});
