import { describe, expect, test } from '@jest/globals';
import { configFrom, problemsFrom } from './testing.js';

const model = (params: string): string => `
model_list:
  - model_name: a
    litellm_params:
      model: openai/a
      ${params}
`;

describe('os.environ', () => {
  test('a value that is a reference is the value of the variable', () => {
    const [entry] = configFrom(model('api_base: os.environ/MY_BASE'), { MY_BASE: 'http://gpu:1/v1' }).models;
    expect(entry?.apiBase).toBe('http://gpu:1/v1');
  });

  test('a reference may stand anywhere in a text', () => {
    const [entry] = configFrom(model('api_base: http://os.environ/MY_HOST:os.environ/MY_PORT/v1'), {
      MY_HOST: 'gpu',
      MY_PORT: '9',
    }).models;
    expect(entry?.apiBase).toBe('http://gpu:9/v1');
  });

  test('what a variable holds is not resolved again', () => {
    const [entry] = configFrom(model('organization: os.environ/A'), {
      A: 'os.environ/B',
      B: 'secret',
    }).models;
    expect(entry?.extraHeaders).toEqual({ 'openai-organization': 'os.environ/B' });
  });

  test('a replacement is taken as it is, signs of dollar too', () => {
    const [entry] = configFrom(model('api_key: os.environ/A'), { A: '$&-$1-$$' }).models;
    expect(entry?.apiKey?.reveal()).toBe('$&-$1-$$');
  });

  test('numbers and switches may come from variables', () => {
    const config = configFrom(
      'router_settings: {num_retries: os.environ/N, disable_cooldowns: os.environ/D}',
      {
        N: '4',
        D: 'True',
      },
    );
    expect(config.router).toMatchObject({ numRetries: 4, cooldownMs: 0 });
  });

  test('a variable that is not set is a problem that names it, its path and its line', () => {
    expect(problemsFrom(model('api_key: os.environ/GONE'))).toMatchObject([
      {
        file: 'config.yaml',
        line: 6,
        path: 'model_list[0].litellm_params.api_key',
        message: 'The environment variable GONE is not set.',
      },
    ]);
  });

  test('an empty variable counts as not set', () => {
    expect(problemsFrom(model('api_key: os.environ/EMPTY'), { EMPTY: '' })).toHaveLength(1);
  });

  test('a needed value that is not set is one problem, not two', () => {
    const yaml =
      'model_list:\n  - {model_name: a, litellm_params: {model: os.environ/GONE, api_base: http://a}}';
    expect(problemsFrom(yaml)).toHaveLength(1);
  });

  test('a variable with a similar name is pointed out', () => {
    const [problem] = problemsFrom(model('api_key: os.environ/GPU_KEY'), { GPU_KEYS: 'x' });
    expect(problem?.message).toContain('GPU_KEYS is set: did you mean that?');
  });

  test('a reference without a name is a problem', () => {
    expect(problemsFrom(model('api_key: os.environ/'))).toMatchObject([
      { message: '`os.environ/` is not followed by the name of a variable.' },
    ]);
  });

  test('a variable of the table has its default', () => {
    const [entry] = configFrom(model('api_base: os.environ/LLAMA_SWAP_API_BASE')).models;
    expect(entry?.apiBase).toBe('http://llama-swap:8080/v1');
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is no variable', (name) => {
    expect(problemsFrom(model(`api_key: os.environ/${name}`))).toHaveLength(1);
  });
});

describe('callbacks', () => {
  test.each([
    'callback_settings: {otel: {endpoint: os.environ/GONE}}',
    'litellm_settings: {default_team_settings: [{team_id: a, langfuse_secret: os.environ/GONE}]}',
    'environment_variables: {LANGFUSE_SECRET_KEY: os.environ/GONE}',
  ])('%s only warns', (yaml) => {
    expect(configFrom(yaml).warnings.join()).toContain('GONE is not set; this stays switched off.');
  });
});

describe('environment_variables', () => {
  test('references of the rest see them', () => {
    const yaml = `${model('api_base: os.environ/MY_BASE')}environment_variables: {MY_BASE: http://gpu:1}\n`;
    expect(configFrom(yaml).models[0]?.apiBase).toBe('http://gpu:1');
  });

  test('they win over the environment', () => {
    expect(configFrom('environment_variables: {PORT: 5000}', { PORT: '6000' }).port).toBe(5000);
  });

  test('they may themselves refer to the environment', () => {
    expect(configFrom('environment_variables: {PORT: os.environ/MY_PORT}', { MY_PORT: '7000' }).port).toBe(
      7000,
    );
  });

  test('they do not reach the environment of the process', () => {
    const env = { ...process.env };
    configFrom('environment_variables: {GATEWAY_SPEC_LEAK: x}');
    expect(process.env).toEqual(env);
  });

  test('a wrong one is a problem of its line', () => {
    expect(problemsFrom('environment_variables:\n  PORT: many')).toMatchObject([
      { file: 'config.yaml', line: 2, path: 'environment_variables.PORT' },
    ]);
  });

  test('a list is no variable', () => {
    expect(problemsFrom('environment_variables: {A: [1]}')).toMatchObject([
      { path: 'environment_variables.A', message: 'A variable holds one value.' },
    ]);
  });
});
