import { describe, expect, test } from '@jest/globals';
import { type JsonObject } from '@app/call';
import { ConfigError, type Problem } from './config-error.js';
import { readStoredModel } from './stored-model.js';
import { configFrom } from './testing.js';

const MODEL: JsonObject = {
  model_name: 'a',
  litellm_params: { model: 'openai/x', api_base: 'http://gpu:1' },
};

function problemsOf(model: JsonObject, env: Record<string, string> = {}): readonly Problem[] {
  try {
    readStoredModel(model, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readStoredModel', () => {
  test('reads a model as config.yaml would, with the same id', () => {
    const { models } = configFrom(
      'model_list: [{model_name: a, litellm_params: {model: openai/x, api_base: "http://gpu:1"}}]',
    );
    expect(readStoredModel(MODEL, {})).toEqual({ entry: models[0], warnings: [] });
  });

  test('gives all problems, with paths of the model', () => {
    expect(
      problemsOf({ litellm_params: { model: 'openai/x', rpm: 'many' }, model_info: { max_tokens: [] } }),
    ).toMatchObject([
      { path: '', message: '`model_name` is missing.' },
      { path: 'model_info.max_tokens' },
      { path: 'litellm_params.rpm' },
    ]);
  });

  test('gives warnings of typing errors', () => {
    const { warnings } = readStoredModel({ ...MODEL, model_inf: 1 }, {});
    expect(warnings).toEqual([
      'model model_inf: There is no such setting; it is ignored. Did you mean `model_info`?',
    ]);
  });

  test('resolves variables', () => {
    const params = { model: 'openai/x', api_base: 'http://gpu:1', api_key: 'os.environ/GPU_KEY' };
    const { entry } = readStoredModel({ ...MODEL, litellm_params: params }, { GPU_KEY: 'sk-gpu' });
    expect(entry.apiKey?.reveal()).toBe('sk-gpu');
  });

  test.each([
    'LITELLM_MASTER_KEY',
    'LITELLM_SALT_KEY',
    'LITELLM_SALT_KEY_OLD',
    'DATABASE_URL',
    'DATABASE_PASSWORD',
    'UI_PASSWORD',
    'LANGFUSE_SECRET_KEY',
  ])('never sends %s anywhere', (name) => {
    const params = { model: 'openai/x', api_base: 'http://evil', api_key: `os.environ/${name}` };
    const problems = problemsOf({ ...MODEL, litellm_params: params }, { [name]: 'own-secret' });
    expect(problems).toMatchObject([
      { path: 'litellm_params.api_key', message: `${name} may not be used here.` },
    ]);
    expect(JSON.stringify(problems)).not.toContain('own-secret');
  });

  test('a body with __proto__ pollutes nothing', () => {
    const text =
      '{"model_name":"a","litellm_params":{"model":"openai/x","api_base":"http://a","__proto__":{"x":1}},"model_info":{"__proto__":{"x":1}}}';
    const { entry } = readStoredModel(JSON.parse(text) as JsonObject, {});
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect([entry.defaults['x'], entry.modelInfo['x']]).toEqual([undefined, undefined]);
  });

  test('what it gives is frozen', () => {
    expect(Object.isFrozen(readStoredModel(MODEL, {}).entry.modelInfo)).toBe(true);
  });
});
