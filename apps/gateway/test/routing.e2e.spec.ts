import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { deployment, listOf } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite({
  models: [
    deployment('gpt-4', 'qwen3-30b-a3b'),
    deployment('team/qwen', 'qwen2.5-14b-instruct'),
    deployment('pair', 'gemma3-27b'),
    { ...deployment('pair', 'qwen2.5-14b-instruct') },
    deployment('lab/*', '*'),
    deployment('lab/big/*', 'gpt-oss-120b'),
    deployment('*', '*'),
  ],
  router: {
    num_retries: 2,
    cooldown_time: 0,
    model_group_alias: { 'gpt-5': 'gpt-4', hush: { model: 'gpt-4', hidden: true } },
  },
});
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

afterEach(() => parts.llamaSwap.reset({ settings: true }));

/** The model that the upstream was asked for. */
async function askedFor(model: string): Promise<string | null | undefined> {
  await parts.llamaSwap.reset();
  const answer = await parts.gateway.chat({ model }, { key });
  expect([answer.status, answer.json?.model]).toEqual([200, model]);
  const calls = await parts.llamaSwap.truth();
  return calls.find(({ path }) => path.endsWith('/chat/completions'))?.model;
}

describe('the model that a client names', () => {
  test('leads to its deployment by its exact name', async () => {
    expect(await askedFor('gpt-4')).toBe('qwen3-30b-a3b');
    expect(await askedFor('team/qwen')).toBe('qwen2.5-14b-instruct');
  });

  test('leads there by an alias, shown or hidden', async () => {
    expect(await askedFor('gpt-5')).toBe('qwen3-30b-a3b');
    expect(await askedFor('hush')).toBe('qwen3-30b-a3b');
  });

  test('leads by the longest pattern that fits', async () => {
    expect(await askedFor('lab/gemma3-27b')).toBe('gemma3-27b');
    expect(await askedFor('lab/big/whatever')).toBe('gpt-oss-120b');
    expect(await askedFor('qwen3-30b-a3b-q8-abl')).toBe('qwen3-30b-a3b-q8-abl');
  });

  test('spreads calls over the deployments of one name', async () => {
    const seen = new Set<string | null | undefined>();
    for (let i = 0; i < 30 && seen.size < 2; i += 1) seen.add(await askedFor('pair'));
    expect([...seen].sort()).toEqual(['gemma3-27b', 'qwen2.5-14b-instruct']);
  });

  test('is asked for elsewhere when its first deployment fails, and the client hears nothing of it', async () => {
    await parts.llamaSwap.next({ status: 503, match: { model: 'gemma3-27b' }, times: 50 });
    for (let i = 0; i < 6; i += 1) {
      const answer = await parts.gateway.chat({ model: 'pair' }, { key });
      expect(answer.status).toBe(200);
    }
  });

  test('is tried at most three times, then the error is told', async () => {
    const answer = await parts.gateway.chat({ model: 'fault/500' }, { key });
    const tries = await parts.llamaSwap.truth({ model: 'fault/500' });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(tries.length).toBeLessThanOrEqual(3);
    expect(answer.headers['x-litellm-attempted-retries']).toBe(String(tries.length - 1));
  });

  test('is not tried again when the client made the mistake', async () => {
    const answer = await parts.gateway.chat({ model: 'fault/context' }, { key });
    expect(answer.status).toBe(400);
    expect(await parts.llamaSwap.truth({ model: 'fault/context' })).toHaveLength(1);
  });

  test('may stand in the path, where it wins over the body', async () => {
    for (const path of [
      '/engines/gpt-4/chat/completions',
      '/openai/deployments/gpt-4/chat/completions',
      '/openai/deployments/team%2Fqwen/chat/completions',
      '/engines/team/qwen/chat/completions',
    ]) {
      const answer = await parts.gateway.ask(path, {
        key,
        body: { model: 'nobody', messages: [{ role: 'user', content: 'x' }] },
      });
      expect([path, answer.status, answer.json?.model]).toEqual([
        path,
        200,
        path.includes('team') ? 'team/qwen' : 'gpt-4',
      ]);
    }
  });

  test('reaches every text route without /v1 too', async () => {
    const bodies = {
      'chat/completions': { messages: [{ role: 'user', content: 'x' }] },
      completions: { prompt: 'x' },
    };
    for (const [path, body] of Object.entries(bodies)) {
      for (const prefix of ['/', '/v1/', '/engines/gpt-4/', '/openai/deployments/gpt-4/']) {
        const answer = await parts.gateway.ask(prefix + path, { key, body: { model: 'gpt-4', ...body } });
        expect([prefix + path, answer.status]).toEqual([prefix + path, 200]);
      }
    }
    const vectors = await parts.gateway.ask('/embeddings', { key, body: { model: 'bge-m3', input: 'x' } });
    expect(vectors.status).toBe(200);
  });
});

describe('the list of models', () => {
  const ids = async (listKey: string): Promise<unknown[]> =>
    listOf((await parts.gateway.ask('/v1/models', { key: listKey })).json?.data).map(({ id }) => id);

  test('has names, shown aliases and the upstream’s own models, and neither patterns nor hidden aliases', async () => {
    const all = await ids(key);
    expect(all).toEqual(
      expect.arrayContaining(['gpt-4', 'gpt-5', 'team/qwen', 'pair', 'gemma3-27b', 'bge-m3', 'gpt-oss-120b']),
    );
    expect(all.filter((id) => String(id).includes('*'))).toEqual([]);
    expect(all).not.toContain('hush');
    expect(new Set(all).size).toBe(all.length);
  });

  test('is narrowed to what the key may use, and so are calls', async () => {
    const narrow = await parts.gateway.key({ models: ['gpt-4', 'gemma3-27b'] });
    expect([...(await ids(narrow))].sort()).toEqual(['gemma3-27b', 'gpt-4', 'gpt-5']);
    expect((await parts.gateway.chat({ model: 'gemma3-27b' }, { key: narrow })).status).toBe(200);
    const refused = await parts.gateway.chat({ model: 'bge-m3' }, { key: narrow });
    expect([refused.status, refused.json?.error?.type]).toEqual([403, 'key_model_access_denied']);
    expect((await parts.gateway.ask('/v1/models/bge-m3', { key: narrow })).status).toBe(404);
  });

  test('allows an alias where its target is allowed', async () => {
    const narrow = await parts.gateway.key({ models: ['gpt-4'] });
    expect((await parts.gateway.chat({ model: 'gpt-5' }, { key: narrow })).status).toBe(200);
  });

  test('answers at once while the upstream is silent', async () => {
    await parts.llamaSwap.next({ fault: 'silent', match: { path: '/v1/models' }, times: 100 });
    const startedAt = performance.now();
    expect(await ids(key)).toContain('gemma3-27b');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
