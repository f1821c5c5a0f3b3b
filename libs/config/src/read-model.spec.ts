import { describe, expect, test } from '@jest/globals';
import { type ModelEntry } from './app-config.js';
import { configFrom, problemsFrom } from './testing.js';

const PLACE = 'model_list[0].litellm_params';

function yamlOf(params: string, info = '{}'): string {
  return `model_list:\n  - model_name: a\n    litellm_params: {${params}}\n    model_info: ${info}\n`;
}

function modelOf(params: string, info?: string, env: Record<string, string> = {}): ModelEntry {
  const [model] = configFrom(yamlOf(params, info), env).models;
  if (!model) throw new Error('The model was not read.');
  return model;
}

function warningsOf(params: string, info?: string): string {
  return configFrom(yamlOf(params, info)).warnings.join('\n');
}

const LOCAL = 'model: openai/x, api_base: http://gpu:1/v1';

describe('which provider', () => {
  test.each([
    ['openai/qwen3', 'openai/qwen3'],
    ['openai/*', 'openai/*'],
    ['openai/org/name', 'openai/org/name'],
    ['hosted_vllm/x', 'hosted_vllm/x'],
    ['gpt-4o', 'openai/gpt-4o'],
    ['o3-mini', 'openai/o3-mini'],
    ['claude-sonnet-4', 'anthropic/claude-sonnet-4'],
    ['gemini-2.5-pro', 'gemini/gemini-2.5-pro'],
  ])('%s is %s', (model, expected) => {
    expect(modelOf(`model: ${model}, api_base: http://gpu:1`).model).toBe(expected);
  });

  test('custom_llm_provider wins over the name', () => {
    expect(modelOf('model: gpt-4o, custom_llm_provider: azure, api_base: http://gpu:1').model).toBe(
      'azure/gpt-4o',
    );
  });

  test('custom_llm_provider is not written twice', () => {
    expect(modelOf('model: openai/x, custom_llm_provider: openai, api_base: http://gpu:1').model).toBe(
      'openai/x',
    );
  });

  test('an unknown name with an address is OpenAI-compatible, with a warning', () => {
    expect(modelOf('model: qwen/qwen3, api_base: http://gpu:1').model).toBe('openai/qwen/qwen3');
    expect(warningsOf('model: qwen3, api_base: http://gpu:1')).toContain(
      'It names no provider; it is read as `openai/qwen3`.',
    );
  });

  test('an unknown name without an address is a problem', () => {
    expect(problemsFrom(yamlOf('model: qwen3'))).toMatchObject([
      { path: `${PLACE}.model`, message: 'The model names no provider that is known.' },
    ]);
  });
});

describe('where it is', () => {
  test('base_url means api_base, which wins', () => {
    expect(modelOf('model: openai/x, base_url: http://b:1').apiBase).toBe('http://b:1');
    expect(modelOf('model: openai/x, base_url: http://b:1, api_base: http://a:1').apiBase).toBe('http://a:1');
  });

  test('without an address the variables of the provider are used', () => {
    const model = modelOf('model: openai/x', '{}', {
      OPENAI_API_BASE: 'http://o:1/v1',
      OPENAI_API_KEY: 'sk-o',
    });
    expect([model.apiBase, model.apiKey?.reveal()]).toEqual(['http://o:1/v1', 'sk-o']);
  });

  test('OPENAI_BASE_URL is the other name', () => {
    expect(modelOf('model: openai/x', '{}', { OPENAI_BASE_URL: 'http://o:1/v1' }).apiBase).toBe(
      'http://o:1/v1',
    );
  });

  test('other providers have variables of their own name', () => {
    const env = { ANTHROPIC_API_KEY: 'sk-ant', OPENAI_API_KEY: 'sk-o' };
    expect(modelOf('model: anthropic/claude-x', '{}', env).apiKey?.reveal()).toBe('sk-ant');
  });

  test('a key out of the environment never goes to an address of the model', () => {
    expect(modelOf(LOCAL, '{}', { OPENAI_API_KEY: 'sk-o', OPENAI_API_BASE: 'http://o:1' })).toMatchObject({
      apiBase: 'http://gpu:1/v1',
      apiKey: null,
    });
    expect(
      modelOf('model: openai/x, base_url: http://b:1', '{}', { OPENAI_API_KEY: 'sk-o' }).apiKey,
    ).toBeNull();
  });

  test('a wrong variable of the provider is a problem of the environment', () => {
    expect(problemsFrom(yamlOf('model: openai/x'), { OPENAI_API_BASE: 'o:1' })).toMatchObject([
      { file: 'environment', line: null, path: 'OPENAI_API_BASE' },
    ]);
  });

  test('a key is hidden wherever the entry is shown', () => {
    expect(JSON.stringify(modelOf(`${LOCAL}, api_key: sk-secret`))).not.toContain('sk-secret');
  });
});

describe('settings of a deployment', () => {
  test('times are milliseconds', () => {
    expect(
      modelOf(
        `${LOCAL}, timeout: 600, stream_timeout: "30", connect_timeout: 2s, idle_timeout: 1m, cooldown_time: 0`,
      ),
    ).toMatchObject({
      timeoutMs: 600_000,
      streamTimeoutMs: 30_000,
      connectTimeoutMs: 2_000,
      idleTimeoutMs: 60_000,
      cooldownMs: 0,
    });
  });

  test('counts and shares are numbers', () => {
    expect(
      modelOf(
        `${LOCAL}, rpm: 10, tpm: "1000", weight: 0.5, order: -1, max_parallel_requests: 4, num_retries: 50`,
      ),
    ).toMatchObject({ rpm: 10, tpm: 1000, weight: 0.5, order: -1, maxParallelRequests: 4, numRetries: 50 });
  });

  test('num_retries wins over max_retries', () => {
    expect(modelOf(`${LOCAL}, max_retries: 3`).numRetries).toBe(3);
    expect(modelOf(`${LOCAL}, max_retries: 3, num_retries: 1`).numRetries).toBe(1);
  });

  test('what is absent is null or empty', () => {
    expect(modelOf(LOCAL)).toMatchObject({
      timeoutMs: null,
      rpm: null,
      weight: null,
      tags: [],
      extraHeaders: {},
      defaults: {},
    });
  });

  test('headers are joined; extra_headers win', () => {
    const model = modelOf(
      `${LOCAL}, organization: org-1, default_headers: {X-A: "1", X-B: "2"}, extra_headers: {x-b: "3"}`,
    );
    expect(model.extraHeaders).toEqual({ 'openai-organization': 'org-1', 'x-a': '1', 'x-b': '3' });
  });

  test('tags are a list, or one', () => {
    expect(modelOf(`${LOCAL}, tags: [free, fast]`).tags).toEqual(['free', 'fast']);
    expect(modelOf(`${LOCAL}, tags: free`).tags).toEqual(['free']);
  });
});

describe('parameters of requests', () => {
  test('what the OpenAI API knows is a default of the deployment', () => {
    expect(modelOf(`${LOCAL}, temperature: 0.2, max_tokens: 100, stop: ["x"]`).defaults).toEqual({
      temperature: 0.2,
      max_tokens: 100,
      stop: ['x'],
    });
  });

  test('extra_body is added; a written parameter wins', () => {
    expect(modelOf(`${LOCAL}, extra_body: {top_k: 5, temperature: 1}, temperature: 0`).defaults).toEqual({
      top_k: 5,
      temperature: 0,
    });
  });

  test('an unknown one is sent, with a warning', () => {
    expect(modelOf(`${LOCAL}, zirkon_mode: deep`).defaults).toEqual({ zirkon_mode: 'deep' });
    expect(warningsOf(`${LOCAL}, zirkon_mode: deep`)).toContain(
      `${PLACE}.zirkon_mode: This is no setting that is known; it is sent to the upstream as a parameter.`,
    );
  });

  test('a typing error is not sent: it may be a key', () => {
    expect(modelOf(`${LOCAL}, api_kye: sk-secret, temprature: 1`).defaults).toEqual({});
    expect(warningsOf(`${LOCAL}, api_kye: sk-secret`)).toContain('Did you mean `api_key`?');
    expect(warningsOf(`${LOCAL}, temprature: 1`)).toContain('Did you mean `temperature`?');
  });

  test('a setting of LiteLLM that is not supported is named', () => {
    expect(warningsOf(`${LOCAL}, region_name: eu, mock_response: hi`)).toMatch(
      /region_name: LiteLLM has this setting, this gateway has not: it is ignored\.[\s\S]*mock_response: LiteLLM has/,
    );
    expect(modelOf(`${LOCAL}, region_name: eu, mock_response: hi`).defaults).toEqual({});
  });
});

describe('model_info', () => {
  test('anything is kept; the values that the gateway reads get their type', () => {
    const info = '{mode: chat, supports_vision: "True", max_input_tokens: "4096", team_voice: {a: [1]}}';
    expect(modelOf(LOCAL, info).modelInfo).toMatchObject({
      mode: 'chat',
      supports_vision: true,
      max_input_tokens: 4096,
      team_voice: { a: [1] },
    });
  });

  test('a wrong type of those is a problem', () => {
    expect(problemsFrom(yamlOf(LOCAL, '{supports_vision: perhaps, max_tokens: many}'))).toMatchObject([
      { path: 'model_list[0].model_info.supports_vision' },
      { path: 'model_list[0].model_info.max_tokens' },
    ]);
  });

  test('typing errors are pointed out', () => {
    expect(warningsOf(LOCAL, '{suports_vision: true}')).toContain('Did you mean `supports_vision`?');
    expect(warningsOf(LOCAL, '{mode: embeddings}')).toContain('Did you mean `embedding`?');
  });

  test('a written id holds', () => {
    expect(modelOf(LOCAL, '{id: mine}').modelInfo['id']).toBe('mine');
    expect(modelOf(LOCAL, '{id: 17}').modelInfo['id']).toBe('17');
  });

  test('without one it is a hash that depends on the entry, not on the order of its lines', () => {
    const id = modelOf('model: openai/x, api_base: http://gpu:1, rpm: 1').modelInfo['id'];
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(modelOf('rpm: 1, api_base: http://gpu:1, model: openai/x').modelInfo['id']).toBe(id);
    expect(modelOf('model: openai/x, api_base: http://gpu:1, rpm: 2').modelInfo['id']).not.toBe(id);
  });

  test('a new value of a variable changes no id', () => {
    const id = (key: string): unknown =>
      modelOf(`${LOCAL}, api_key: os.environ/K`, '{}', { K: key }).modelInfo['id'];
    expect(id('one')).toBe(id('two'));
  });
});

describe('prices', () => {
  test('are kept as written, from either place; litellm_params wins', () => {
    const info = '{input_cost_per_token: 1e-6, cache_read_input_token_cost: 0.00000010}';
    expect(modelOf(`${LOCAL}, input_cost_per_token: "1.50e-7"`, info).prices).toEqual({
      input_cost_per_token: '1.50e-7',
      cache_read_input_token_cost: '0.00000010',
    });
  });

  test('are not sent as parameters', () => {
    expect(modelOf(`${LOCAL}, output_cost_per_token: 0.1`).defaults).toEqual({});
  });

  test.each(['-1', 'free', '.nan', '[1]'])('%s is none', (price) => {
    const yaml = yamlOf(`${LOCAL}, input_cost_per_token: ${price}`);
    if (price === '[1]') expect(configFrom(yaml).models[0]?.prices).toEqual({});
    else expect(problemsFrom(yaml)).toMatchObject([{ path: `${PLACE}.input_cost_per_token` }]);
  });

  test('a price of several amounts is ignored, and the warning says so', () => {
    expect(warningsOf(LOCAL, '{search_context_cost_per_query: {low: 1}}')).toContain(
      'Only prices of one amount are charged; it is ignored',
    );
  });
});

describe('what is missing', () => {
  test('each missing part is a problem', () => {
    expect(problemsFrom('model_list:\n  - {}')).toMatchObject([
      { path: 'model_list[0]', line: 2, message: '`model_name` is missing.' },
      { path: 'model_list[0]', line: 2, message: '`model` is missing.' },
    ]);
  });

  test.each(['text', '5', '[1]', 'null'])('an entry that is %s is a problem', (entry) => {
    expect(problemsFrom(`model_list:\n  - ${entry}`).length).toBeGreaterThan(0);
  });

  test('a typing error of the entry itself is pointed out', () => {
    const yaml = `${yamlOf(LOCAL)}    model_inf: {}\n`;
    expect(configFrom(yaml).warnings.join()).toContain(
      'model_list[0].model_inf: There is no such setting; it is ignored. Did you mean `model_info`?',
    );
  });
});
