import { describe, expect, test } from '@jest/globals';
import { configFrom, problemsFrom } from './testing.js';

const ENTRY = '{model_name: a, litellm_params: {model: openai/x, api_base: http://gpu:1}}';

describe('model_list', () => {
  test('entries of one name stay several, in their order', () => {
    const { models } = configFrom(`model_list:
  - {model_name: a, litellm_params: {model: openai/x, api_base: http://one:1}}
  - {model_name: a, litellm_params: {model: openai/x, api_base: http://two:1}}
`);
    expect(models.map(({ apiBase }) => apiBase)).toEqual(['http://one:1', 'http://two:1']);
    expect(models[0]?.modelInfo['id']).not.toBe(models[1]?.modelInfo['id']);
  });

  test('the same entry twice is two deployments, with a warning', () => {
    const config = configFrom(`model_list:\n  - ${ENTRY}\n  - ${ENTRY}\n  - ${ENTRY}`);
    expect(new Set(config.models.map(({ modelInfo }) => modelInfo['id'])).size).toBe(3);
    expect(config.warnings.join()).toContain(
      'model_list[1]: It repeats model_list[0] word for word; both are used.',
    );
  });

  test('an id that is written twice is a problem', () => {
    const entry = (name: string): string =>
      `  - {model_name: ${name}, litellm_params: {model: openai/x, api_base: http://gpu:1}, model_info: {id: same}}\n`;
    expect(problemsFrom(`model_list:\n${entry('a')}${entry('b')}`)).toMatchObject([
      { path: 'model_list[1]', line: 3, message: 'The model_info.id is that of model_list[0].' },
    ]);
  });

  test('a mapping is no list', () => {
    expect(problemsFrom('model_list: {gpt-4: openai/x}')).toMatchObject([
      { path: 'model_list', message: 'model_list is no list.' },
    ]);
  });

  test('one wrong entry does not hide the mistakes of the next', () => {
    const problems = problemsFrom(`model_list:
  - {model_name: a, litellm_params: {model: openai/x, api_base: nowhere}}
  - {model_name: b, litellm_params: {model: openai/x, api_base: http://gpu:1, rpm: many, timeout: soon}}
`);
    expect(problems.map(({ path, line }) => `${line ?? 0} ${path}`)).toEqual([
      '2 model_list[0].litellm_params.api_base',
      '3 model_list[1].litellm_params.timeout',
      '3 model_list[1].litellm_params.rpm',
    ]);
  });
});

describe('credential_list', () => {
  const yaml = (params: string, name = 'gpu'): string => `
credential_list:
  - credential_name: gpu
    credential_values: {api_base: http://gpu:1/v1, api_key: os.environ/GPU_KEY}
    credential_info: {description: the big one}
model_list:
  - model_name: a
    litellm_params: {model: openai/x, litellm_credential_name: ${name}${params}}
`;
  const env = { GPU_KEY: 'sk-gpu' };

  test('a model takes from its credential what it has not itself', () => {
    const [model] = configFrom(yaml(', api_key: sk-own'), env).models;
    expect(model).toMatchObject({ apiBase: 'http://gpu:1/v1' });
    expect(model?.apiKey?.reveal()).toBe('sk-own');
  });

  test('a model without own values takes all of them, and nothing is left as a parameter', () => {
    const config = configFrom(yaml(''), env);
    expect(config.models[0]?.apiKey?.reveal()).toBe('sk-gpu');
    expect(config.models[0]?.defaults).toEqual({});
    expect(config.warnings).toEqual([]);
  });

  test('an unknown name is a problem that names the nearest', () => {
    expect(problemsFrom(yaml('', 'gpus'), env)).toMatchObject([
      {
        path: 'model_list[0].litellm_params.litellm_credential_name',
        message: 'No credential has this name.',
        remedy: 'Did you mean `gpu`?',
      },
    ]);
  });

  test('two credentials of one name are a problem', () => {
    const twice = 'credential_list: [{credential_name: a}, {credential_name: a}]';
    expect(problemsFrom(twice)).toMatchObject([{ path: 'credential_list[1]' }]);
  });

  test('anything but a list is a problem', () => {
    expect(problemsFrom('credential_list: {a: 1}')).toMatchObject([{ path: 'credential_list' }]);
  });
});
