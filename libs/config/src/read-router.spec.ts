import { describe, expect, test } from '@jest/globals';
import { type RouterSettings } from './app-config.js';
import { configFrom, problemsFrom } from './testing.js';

function routerOf(yaml: string, env: Record<string, string> = {}): RouterSettings {
  return configFrom(yaml, env).router;
}

const MODELS = `
model_list:
  - {model_name: gpt-4, litellm_params: {model: openai/x, api_base: http://gpu:1}}
  - {model_name: gpt-3.5, litellm_params: {model: openai/y, api_base: http://gpu:1}}
  - {model_name: 'qwen*', litellm_params: {model: openai/*, api_base: http://gpu:1}}
`;

describe('defaults', () => {
  test('are those of LiteLLM', () => {
    expect(routerOf('{}')).toEqual({
      routingStrategy: 'simple-shuffle',
      modelGroupAlias: {},
      numRetries: 2,
      timeoutMs: null,
      streamTimeoutMs: null,
      connectTimeoutMs: null,
      idleTimeoutMs: null,
      fallbacks: {},
      contextWindowFallbacks: {},
      contentPolicyFallbacks: {},
      defaultFallbacks: [],
      allowedFails: 3,
      cooldownMs: 5_000,
      maxFallbacks: 5,
      enablePreCallChecks: false,
      enableTagFiltering: false,
      tagFilteringMatchAny: true,
      deploymentAffinity: false,
    });
  });

  test('variables move them', () => {
    const env = {
      DEFAULT_MAX_RETRIES: '7',
      DEFAULT_ALLOWED_FAILS: '8',
      DEFAULT_COOLDOWN_TIME_SECONDS: '9',
      ROUTER_MAX_FALLBACKS: '1',
    };
    expect(routerOf('{}', env)).toMatchObject({
      numRetries: 7,
      allowedFails: 8,
      cooldownMs: 9_000,
      maxFallbacks: 1,
    });
  });

  test('config.yaml wins over variables', () => {
    expect(routerOf('router_settings: {num_retries: 0}', { DEFAULT_MAX_RETRIES: '7' }).numRetries).toBe(0);
  });

  test('a wrong variable is one problem of the environment', () => {
    expect(problemsFrom('{}', { DEFAULT_MAX_RETRIES: 'many' })).toMatchObject([
      { file: 'environment', path: 'DEFAULT_MAX_RETRIES' },
    ]);
  });
});

describe('litellm_settings', () => {
  test('count where router_settings is silent', () => {
    const yaml =
      'litellm_settings: {num_retries: 4, cooldown_time: 30, allowed_fails: 1, default_fallbacks: [a]}';
    expect(routerOf(yaml)).toMatchObject({
      numRetries: 4,
      cooldownMs: 30_000,
      allowedFails: 1,
      defaultFallbacks: ['a'],
    });
  });

  test('give way to router_settings', () => {
    const yaml = 'litellm_settings: {num_retries: 4}\nrouter_settings: {num_retries: 1}';
    expect(routerOf(yaml).numRetries).toBe(1);
  });

  test('shared names are no unknown settings there', () => {
    expect(configFrom('litellm_settings: {num_retries: 4, fallbacks: []}').warnings).toEqual([]);
  });
});

describe('settings', () => {
  test.each(['least-busy', 'usage-based-routing-v2', 'latency-based-routing', 'cost-based-routing'])(
    '%s is a strategy',
    (name) => {
      expect(routerOf(`router_settings: {routing_strategy: ${name}}`).routingStrategy).toBe(name);
    },
  );

  test('an unknown strategy is a problem that knows the right one', () => {
    expect(problemsFrom('router_settings: {routing_strategy: least_bussy}')).toMatchObject([
      {
        path: 'router_settings.routing_strategy',
        remedy: expect.stringContaining('Did you mean `least-busy`?'),
      },
    ]);
  });

  test('times are milliseconds', () => {
    expect(
      routerOf('router_settings: {timeout: 60, stream_timeout: 1m, connect_timeout: 5, idle_timeout: 120}'),
    ).toMatchObject({
      timeoutMs: 60_000,
      streamTimeoutMs: 60_000,
      connectTimeoutMs: 5_000,
      idleTimeoutMs: 120_000,
    });
  });

  test('disable_cooldowns is a cooldown of nothing', () => {
    expect(routerOf('router_settings: {disable_cooldowns: "True", cooldown_time: 60}').cooldownMs).toBe(0);
  });
});

describe('model_group_alias', () => {
  test('an alias is a name, or an object that may hide it', () => {
    const yaml = `${MODELS}router_settings: {model_group_alias: {a: gpt-4, b: {model: gpt-4, hidden: true}, c: {model: gpt-3.5}}}`;
    expect(routerOf(yaml).modelGroupAlias).toEqual({
      a: { model: 'gpt-4', hidden: false },
      b: { model: 'gpt-4', hidden: true },
      c: { model: 'gpt-3.5', hidden: false },
    });
  });

  test('no name of JavaScript is an alias', () => {
    const { modelGroupAlias } = routerOf('router_settings: {model_group_alias: {a: b}}');
    expect(['constructor', 'toString', '__proto__'].map((name) => modelGroupAlias[name])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['[a]', 'Aliases are a mapping; this is a list.'],
    ['{a: {hidden: true}}', '`model` is missing.'],
    ['{a: [b]}', 'A name of at most 256 characters belongs here; this is a list.'],
  ])('%s is a problem', (value, message) => {
    expect(problemsFrom(`router_settings: {model_group_alias: ${value}}`)).toMatchObject([
      { line: 1, message },
    ]);
  });
});

describe('fallbacks', () => {
  test.each([
    ['a list of mappings', '[{gpt-4: [gpt-3.5, qwen3]}, {gpt-3.5: [gpt-4]}]'],
    ['one mapping', '{gpt-4: [gpt-3.5, qwen3], gpt-3.5: gpt-4}'],
    ['several groups in one item', '[{gpt-4: [gpt-3.5, qwen3], gpt-3.5: [gpt-4]}]'],
    ['objects that name the model', '[{gpt-4: [{model: gpt-3.5}, qwen3]}, {gpt-3.5: [gpt-4]}]'],
    ['a group in two items', '[{gpt-4: [gpt-3.5]}, {gpt-3.5: [gpt-4]}, {gpt-4: [qwen3]}]'],
  ])('%s', (_what, value) => {
    const config = configFrom(`${MODELS}router_settings: {fallbacks: ${value}}`);
    expect(config.router.fallbacks).toEqual({ 'gpt-4': ['gpt-3.5', 'qwen3'], 'gpt-3.5': ['gpt-4'] });
    expect(config.warnings).toEqual([]);
  });

  test('all three kinds are read', () => {
    const yaml = `${MODELS}router_settings:
  fallbacks: [{'*': [gpt-4]}]
  context_window_fallbacks: [{gpt-4: [qwen3-long]}]
  content_policy_fallbacks: [{gpt-4: [gpt-3.5]}]
  default_fallbacks: [gpt-3.5]
`;
    const config = configFrom(yaml);
    expect(config.router).toMatchObject({
      fallbacks: { '*': ['gpt-4'] },
      contextWindowFallbacks: { 'gpt-4': ['qwen3-long'] },
      contentPolicyFallbacks: { 'gpt-4': ['gpt-3.5'] },
      defaultFallbacks: ['gpt-3.5'],
    });
    expect(config.warnings).toEqual([]);
  });

  test('a name that no model has is a warning with the nearest', () => {
    const config = configFrom(`${MODELS}router_settings: {fallbacks: [{gpt-4: [gpt-35]}]}`);
    expect(config.warnings).toHaveLength(1);
    expect(config.warnings[0]).toMatch(
      /^config\.yaml:6:\d+ router_settings\.fallbacks\[0\]\.gpt-4\[0\]: No model has the name `gpt-35`\. Did you mean `gpt-3\.5`\?$/,
    );
  });

  test('an alias is a model, too', () => {
    const yaml = `${MODELS}router_settings: {model_group_alias: {best: gpt-4}, fallbacks: [{gpt-3.5: [best]}]}`;
    expect(configFrom(yaml).warnings).toEqual([]);
  });

  test('models of the database may be named', () => {
    const yaml = 'router_settings: {fallbacks: [{a: [b]}]}';
    expect(configFrom(yaml, { STORE_MODEL_IN_DB: 'True' }).warnings).toEqual([]);
    expect(configFrom(yaml).warnings).toHaveLength(2);
  });

  test.each([
    ['[gpt-4]', 'A fallback is a mapping; this is text.'],
    ['5', 'A fallback is a mapping; this is a number.'],
    ['[{gpt-4: {a: b}}]', 'A list belongs here; this is a mapping.'],
  ])('%s is a problem', (value, message) => {
    expect(problemsFrom(`router_settings: {fallbacks: ${value}}`)[0]).toMatchObject({ line: 1, message });
  });
});

describe('who may be asked', () => {
  test('is decided by tags and by checks where they are switched on', () => {
    const yaml =
      'router_settings: {enable_tag_filtering: true, tag_filtering_match_any: false, enable_pre_call_checks: true}';
    expect(routerOf(yaml)).toMatchObject({
      enableTagFiltering: true,
      tagFilteringMatchAny: false,
      enablePreCallChecks: true,
    });
  });

  test('stays with the conversation by a check that exists, a check that does not exist warns', () => {
    expect(routerOf('router_settings: {optional_pre_call_checks: [prompt_caching]}').deploymentAffinity).toBe(
      true,
    );
    const config = configFrom('router_settings: {optional_pre_call_checks: [router_budget_limiting]}');
    expect(config.router.deploymentAffinity).toBe(false);
    expect(config.warnings.join()).toContain('This check does not exist here');
  });
});
