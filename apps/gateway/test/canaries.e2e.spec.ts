import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { aTestDatabase } from '@testing/database';
import { MASTER_KEY, startGateway } from './harness.ts';
import { test } from './harness/suite.ts';

const LANGFUSE_SECRET = 'sk-lf-canary-0123456789';
const PROVIDER_KEY = 'a "provider" key 0815';

test('a gateway that tells its secrets fails its suite, which says which, how and where, and keeps them', async () => {
  const database = await aTestDatabase({ empty: true });
  const gateway = await startGateway({
    name: 'leaking',
    program: join(import.meta.dirname, 'harness/leaking-gateway.ts'),
    databaseUrl: database.url,
    env: { LANGFUSE_SECRET_KEY: LANGFUSE_SECRET, PROVIDER_API_KEY: PROVIDER_KEY },
  });
  const key = await gateway.key();
  const said = await gateway.end().then(
    () => '',
    (error: unknown) => String(error),
  );
  await database.drop();
  const [, ...hits] = said.split('\n');
  expect(hits.sort()).toEqual([
    'DATABASE_URL in answers, as it is',
    'DATABASE_URL in file journal/1.journal, in an address',
    'LANGFUSE_SECRET_KEY in log of leaking, in base64',
    'LITELLM_MASTER_KEY in table public.leaks, in hex',
    'LITELLM_SALT_KEY in answers, as it is',
    'LITELLM_SALT_KEY in metrics of leaking, as it is',
    'PROVIDER_API_KEY in log of leaking, in JSON',
    'the password of the database in answers, as it is',
    'the password of the database in file journal/1.journal, as it is',
    'virtual key 1 in log of leaking, as it is',
  ]);
  for (const secret of [MASTER_KEY, LANGFUSE_SECRET, PROVIDER_KEY, key, database.url])
    expect(said).not.toContain(secret);
});

test('every spec ends its gateways by a search of what they left', () => {
  const specs = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.e2e.spec.ts'),
  );
  const unsearched = specs.filter((name) => {
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    const startsOne = /\bstartGateway\(/.test(text);
    return /\.forget\(/.test(text) || (startsOne && !/\bendAll\(|\.end\(/.test(text));
  });
  expect(specs.length).toBeGreaterThan(40);
  expect(unsearched).toEqual([]);
});
