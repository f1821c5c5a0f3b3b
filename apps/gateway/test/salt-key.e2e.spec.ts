import { describe, expect } from '@jest/globals';
import { until } from './harness.ts';
import { type Gateway } from './harness/gateway.ts';
import { suite, test } from './harness/suite.ts';

const OLD = 'salt-of-yesterday-0123456789';
const NEW = 'salt-of-today-0123456789-abc';
const STORED = { STORE_MODEL_IN_DB: 'True' };

const parts = suite({}, { env: { ...STORED, LITELLM_SALT_KEY: OLD } });
const withSalt = (env: Record<string, string>): Promise<Gateway> =>
  parts.another({ env: { ...STORED, ...env } });

const add = async (gateway: Gateway, name: string): Promise<void> => {
  const litellm_params = {
    model: 'openai/gemma3-27b',
    api_base: `${parts.llamaSwap.url}/v1`,
    api_key: `sk-upstream-of-${name}`,
  };
  const body = { model_name: name, litellm_params, model_info: { id: name } };
  expect((await gateway.ask('/model/new', { body })).status).toBe(200);
};
/** The credential that the backend is sent for it; null where the gateway does not serve it. */
async function credentialOf(gateway: Gateway, model: string): Promise<unknown> {
  for (;;) {
    const { status } = await gateway.chat({ model });
    if (status !== 200) return null;
    const { method, headers } = await parts.llamaSwap.lastRequest();
    // A listing of its models may have come in between.
    if (method === 'POST') return headers['authorization'];
  }
}
const serves = (gateway: Gateway, model: string): Promise<unknown> =>
  until(`${model} is served`, async () => (await credentialOf(gateway, model)) !== null, 10_000, 50);
const sealedWith = async (): Promise<string[]> => {
  const rows = await parts.database.query<{ id: string; name: string }>(
    `SELECT id, split_part(litellm_params->>'api_key', ':', 3) AS name FROM models ORDER BY id`,
  );
  return rows.map(({ name }) => name);
};

describe('the salt key', () => {
  test('is changed without losing a stored model, also while replicas with the old one still run', async () => {
    await add(parts.gateway, 'first');
    const [oldName] = await sealedWith();
    const next = await withSalt({ LITELLM_SALT_KEY: NEW, LITELLM_SALT_KEY_OLD: OLD });
    await serves(next, 'first');
    expect(await credentialOf(next, 'first')).toBe('Bearer sk-upstream-of-first');
    await until('it is encrypted anew', async () => (await sealedWith())[0] !== oldName, 5_000, 20);

    // What the old replica writes is read, and encrypted anew too; it serves what it served.
    await add(parts.gateway, 'second');
    await serves(next, 'second');
    await until(
      'all is encrypted anew',
      async () => !(await sealedWith()).includes(oldName ?? ''),
      5_000,
      20,
    );
    await add(next, 'third');
    await until(
      'the old replica tells that it cannot read it',
      () => /The model third \(third\) of the database is not used/.test(parts.gateway.child.output()),
      5_000,
      20,
    );
    expect(await credentialOf(parts.gateway, 'first')).toBe('Bearer sk-upstream-of-first');
    expect(await credentialOf(parts.gateway, 'second')).toBe('Bearer sk-upstream-of-second');
    expect(parts.gateway.child.output()).toMatch(
      /The model first \(first\) of the database goes on as it was/,
    );

    const alone = await withSalt({ LITELLM_SALT_KEY: NEW });
    for (const model of ['first', 'second', 'third']) {
      await serves(alone, model);
      expect(await credentialOf(alone, model)).toBe(`Bearer sk-upstream-of-${model}`);
    }
  }, 60_000);

  test('that is wrong costs one error a model and no row, and each is mended by its credential', async () => {
    const wrong = await withSalt({ LITELLM_SALT_KEY: 'salt-of-nobody-0123456789-ab' });
    const told = (): number =>
      wrong.child
        .output()
        .match(/of the database is not used: it was encrypted with another LITELLM_SALT_KEY/g)?.length ?? 0;
    await until('all are told of', () => told() === 3, 5_000, 20);
    const renamed = await wrong.ask('/model/update', { body: { model_info: { id: 'first', tier: 'x' } } });
    expect([renamed.status, renamed.json?.error?.message]).toEqual([
      400,
      expect.stringContaining('it was encrypted with another LITELLM_SALT_KEY'),
    ]);
    const body = { model_info: { id: 'first' }, litellm_params: { api_key: 'sk-upstream-anew' } };
    expect((await wrong.ask('/model/update', { body })).status).toBe(200);
    expect(await credentialOf(wrong, 'first')).toBe('Bearer sk-upstream-anew');
    expect([told(), (await sealedWith()).length]).toEqual([3, 3]);
  }, 60_000);

  test('does not hide in a credential that was encrypted elsewhere', async () => {
    const litellm_params = { model: 'openai/x', api_base: 'http://gpu:1', api_key: 'enc:v1:0123abcd:AAAA' };
    const answer = await parts.gateway.ask('/model/new', { body: { model_name: 'odd', litellm_params } });
    expect([answer.status, answer.json?.error?.param]).toEqual([400, 'litellm_params']);
  });
});
